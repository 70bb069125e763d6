package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationImagesTest {
  private static final Preprocessing TINY =
      new Preprocessing(
          Preprocessing.Resize.EXACT,
          0,
          Preprocessing.Interpolation.BILINEAR,
          2,
          2,
          List.of(0f, 0f, 0f),
          List.of(1f, 1f, 1f),
          Preprocessing.Colour.RGB);

  @TempDir Path folder;

  @Test
  void readsClassFoldersAndPassesOverWhatIsNoImage() throws IOException {
    image("cat/1.png", 0xff0000);
    image("dog/1.png", 0x0000ff);
    Files.writeString(folder.resolve("dog/2.png"), "not a picture");
    try (CalibrationSet images =
        CalibrationImages.read(folder, ImageFiles.of(folder).paths(), TINY)) {
      assertThat(images.count()).isEqualTo(2);
      float[] first = new float[12];
      images.batch(0, 1).asFloatBuffer().get(first);
      assertThat(first).containsExactly(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    }
  }

  @Test
  void aFolderWithoutImagesIsRefused() {
    assertThatThrownBy(() -> CalibrationImages.read(folder, ImageFiles.of(folder).paths(), TINY))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("at least one that can be decoded");
    assertThatThrownBy(() -> ImageFiles.of(folder.resolve("missing")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("missing");
  }

  private void image(String name, int rgb) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 16; i++) {
      image.setRGB(i % 4, i / 4, rgb);
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
