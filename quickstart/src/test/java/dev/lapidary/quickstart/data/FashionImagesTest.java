package dev.lapidary.quickstart.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.core.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionImagesTest {
  private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");
  private static final Path SHIPPED = Path.of("data");

  @TempDir Path folder;

  @Test
  void cutsTheOddClassesInTheFilesOrder() throws IOException {
    write("train", 0, 1, 1, 3, 1);
    write("t10k", 3, 2);
    Path out = folder.resolve("out");
    FashionImages.write(folder, out, FashionImages.Half.TRANSFER, 2, 5);
    assertThat(pixels(out))
        .containsOnlyKeys(
            Path.of("train/Trouser/00001.png"),
            Path.of("train/Trouser/00002.png"),
            Path.of("train/Dress/00003.png"),
            Path.of("val/Dress/00000.png"))
        .containsEntry(Path.of("train/Dress/00003.png"), "[60, 61, 62, 63]");
  }

  @Test
  void refusesAFileThatEndsTooEarly() throws IOException {
    write("train", 1);
    gzip("train-images-idx3-ubyte.gz", 0x803, 1, 2, 2, new byte[3]);
    assertThatThrownBy(
            () ->
                FashionImages.write(
                    folder, folder.resolve("out"), FashionImages.Half.TRANSFER, 1, 1))
        .isInstanceOf(Failure.class)
        .hasMessageEndingWith("end too early; fetch them again");
  }

  @Test
  void aMissingFileSaysWhereToGetIt() {
    assertThatThrownBy(
            () ->
                FashionImages.write(
                    folder, folder.resolve("out"), FashionImages.Half.TRANSFER, 1, 1))
        .hasMessageContaining("install the Debian package dataset-fashion-mnist");
  }

  @Test
  void theShippedImagesAreTheSourcesPixels() throws IOException {
    boolean installed = Files.isDirectory(DEBIAN);
    if (!installed) {
      System.err.println("SKIPPED: the shipped images against their source (no " + DEBIAN + ")");
    }
    assumeTrue(installed);
    Path out = folder.resolve("out");
    FashionImages.write(DEBIAN, out, FashionImages.Half.TRANSFER, 100, 200);
    Map<Path, String> source = pixels(out);
    assertThat(source).hasSize(1500);
    assertThat(pixels(SHIPPED)).isEqualTo(source);
  }

  private static Map<Path, String> pixels(Path folder) throws IOException {
    Map<Path, String> pixels = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".png")).toList()) {
        var raster = ImageIO.read(file.toFile()).getRaster();
        int[] gray =
            raster.getSamples(0, 0, raster.getWidth(), raster.getHeight(), 0, (int[]) null);
        pixels.put(folder.relativize(file), java.util.Arrays.toString(gray));
      }
    }
    return pixels;
  }

  private void write(String prefix, int... labels) throws IOException {
    byte[] pixels = new byte[labels.length * 4];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i / 4 * 20 + i % 4);
    }
    byte[] classes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      classes[i] = (byte) labels[i];
    }
    gzip(prefix + "-images-idx3-ubyte.gz", 0x803, labels.length, 2, 2, pixels);
    gzip(prefix + "-labels-idx1-ubyte.gz", 0x801, labels.length, 0, 0, classes);
  }

  private void gzip(String name, int magic, int count, int height, int width, byte[] bytes)
      throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new GZIPOutputStream(all))) {
      out.writeInt(magic);
      out.writeInt(count);
      if (height > 0) {
        out.writeInt(height);
        out.writeInt(width);
      }
      out.write(bytes);
    }
    Files.write(folder.resolve(name), all.toByteArray());
  }
}
