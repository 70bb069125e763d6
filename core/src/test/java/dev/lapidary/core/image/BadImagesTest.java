package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.lapidary.core.Golden;
import dev.lapidary.core.image.UndecodableImage.Code;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must be refused, with which words, and at what cost. */
class BadImagesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bit-rot.jpg | a JPEG without image data",
        "bomb-60000x60000.png | 60000 x 60000 pixels, more than the limit of 16384 a side",
        "empty.jpg | the file is empty",
        "header-only.jpg | truncated JPEG: the file ends at byte 400 without an end-of-image"
            + " marker",
        "script.svg | expected JPEG, PNG, WebP, BMP or GIF but found SVG (convert it)",
        "short-data.png | damaged PNG: its data is short of the 300 x 300 pixels of the header",
        "text.jpg | expected JPEG, PNG, WebP, BMP or GIF but found a file that starts with 74 68 69"
            + " 73",
        "truncated.jpg | truncated JPEG: the file ends at byte 32413 without an end-of-image marker"
      })
  void isRefusedWithAMessage(String name, String message) throws IOException {
    assertThat(refuse(bad(name))).hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bomb-60000x60000.png", "short-data.png", "bit-rot.jpg", "truncated.jpg"})
  void costsLessThanAMegabyte(String name) throws IOException {
    byte[] file = bad(name);
    refuse(file);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    refuse(file);
    long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThat(after - before).isPositive().isLessThan(1 << 20);
  }

  @Test
  void aBombWithinTheLimitsIsRefusedBeforeItsPixels() throws IOException {
    byte[] bomb = bad("bomb-60000x60000.png");
    ImageLimits vast = new ImageLimits(1 << 20, 65_535, 500_000_000);
    assertThat(refuse(bomb, vast).code()).isEqualTo(Code.TOO_LARGE);
    ImageLimits few = new ImageLimits(70, 65_535, 1000);
    assertThat(refuse(bomb, few)).hasMessage("74 bytes, more than the limit of 70");
  }

  /** No prefix of a good file is taken for the file. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "photo-420.jpg",
        "progressive.jpg",
        "gray.jpg",
        "cmyk.jpg",
        "rgb.png",
        "palette.png"
      })
  void truncatedAnywhereIsRefused(String name) throws IOException {
    byte[] file = Files.readAllBytes(Golden.file("images/" + name));
    for (int i = 1; i <= 40; i++) {
      int length = (int) ((long) (file.length - 1) * i / 40);
      assertThat(refuse(Arrays.copyOf(file, length)).code()).isEqualTo(Code.UNDECODABLE);
    }
  }

  private static byte[] bad(String name) throws IOException {
    return Files.readAllBytes(Golden.file("images/bad/" + name));
  }

  private static UndecodableImage refuse(byte[] file) {
    return refuse(file, ImageLimits.DEFAULT);
  }

  private static UndecodableImage refuse(byte[] file, ImageLimits limits) {
    return catchThrowableOfType(UndecodableImage.class, () -> ImageDecoder.decode(file, limits));
  }
}
