package dev.lapidary.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.RgbImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanCacheTest {
  private static final int IMAGES = 300;

  @TempDir Path folder;
  private Path images;
  private Path cache;

  @BeforeEach
  void images() throws Exception {
    images = Files.createDirectories(folder.resolve("photos/a")).resolveSibling("");
    cache = folder.resolve("cache/scans");
  }

  @Test
  void whatHasNotChangedIsNotReadAgain() throws Exception {
    write(IMAGES);
    Thread.sleep(2100); // younger files are not kept
    Scan first = scan();
    assertThat(Files.readAllLines(only())).hasSize(IMAGES);
    // What a scan takes from there is seen in what it says; no file has this hash.
    String wrong = "0".repeat(64);
    String kept = Files.readString(only());
    Files.writeString(only(), kept.replace(first.images().get(7).sha256(), wrong));
    Scan told = scan();
    assertThat(told.images().get(7).sha256()).isEqualTo(wrong);
    assertThat(told.images().get(8).sha256()).isEqualTo(first.images().get(8).sha256());
    Files.writeString(only(), "damaged\n\t\t\n" + kept.substring(100));
    assertThat(scan()).isEqualTo(first);
  }

  /** Also if a tool sets the time of modification back. */
  @Test
  void whatHasChangedIsReadAgain() throws Exception {
    write(IMAGES);
    Thread.sleep(2100);
    Scan first = scan();
    Path changed = images.resolve("a/7.png");
    FileTime before = Files.getLastModifiedTime(changed);
    byte[] bytes = Files.readAllBytes(changed);
    bytes[bytes.length - 20] ^= 1;
    Files.write(changed, bytes);
    Files.setLastModifiedTime(changed, before);
    Scan again = scan();
    assertThat(again.bad()).hasSize(1);
    assertThat(again.bad().get(0).name()).isEqualTo("a/7.png");
    assertThat(again.images().get(0).sha256()).isEqualTo(first.images().get(0).sha256());
  }

  @Test
  void fewImagesAndYoungOnesAreNotKept() throws Exception {
    write(3);
    scan();
    assertThat(cache).doesNotExist();
    write(IMAGES);
    for (int i = 0; i < IMAGES; i++) {
      Files.setLastModifiedTime(
          images.resolve("a/" + i + ".png"), FileTime.from(Instant.now().plusSeconds(60)));
    }
    scan();
    assertThat(cache).doesNotExist();
  }

  @Test
  void aFolderThatCannotBeWrittenDisturbsNothing() throws Exception {
    write(IMAGES);
    Files.createDirectories(cache.resolveSibling(""));
    Files.writeString(cache, "a file", StandardCharsets.UTF_8);
    assertThat(scan().bad()).isEmpty();
  }

  private Path only() throws IOException {
    try (var files = Files.list(cache)) {
      return files.toList().get(0);
    }
  }

  private Scan scan() {
    Dataset data =
        DataFormat.AUTO.read(
            images, new Reading(ImageLimits.DEFAULT, OnBadImage.FAIL, List.of(), line -> {}));
    return Scan.of(data, 2, ScanCache.of(data, cache), line -> {});
  }

  private void write(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      byte[] pixels = {(byte) i, (byte) (i >> 8), 3, 4, 5, 6};
      Files.write(images.resolve("a/" + i + ".png"), PngWriter.encode(new RgbImage(2, 1, pixels)));
    }
  }
}
