package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cameras and editors leave between the segments of a JPEG changes no pixel. */
class JpegPaddingTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00ff",
        "\u00ff\u00ff\u00ff\u00ff",
        "\0\0\0\0",
        "\u00ff\0",
        "padding",
        "\0\u00ff\u00d3",
        "\u00ff\u00fe\0\2",
        "\u00ff\u00fe\0\0"
      })
  void paddingIsPassedOver(String padding) throws IOException {
    byte[] pad = padding.getBytes(StandardCharsets.ISO_8859_1);
    for (String name : new String[] {"gray.jpg", "progressive.jpg", "cmyk.jpg", "exif-6.jpg"}) {
      byte[] file = golden(name);
      RgbImage image = decode(file);
      RgbImage padded = decode(padded(file, pad));
      assertThat(padded.width()).isEqualTo(image.width());
      assertThat(padded.pixels()).isEqualTo(image.pixels());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "201 | 8 | JPEG process SOF9 (lossless, hierarchical or arithmetic) is not read, only"
            + " baseline, extended and progressive",
        "193 | 12 | JPEG of 12 bits a sample is not read, only 8",
      })
  void otherProcessesAreRefusedInWords(int marker, int bits, String message) throws IOException {
    byte[] file = golden("gray.jpg");
    int frame = new String(file, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0\0");
    file[frame + 1] = (byte) marker;
    file[frame + 4] = (byte) bits;
    assertThatThrownBy(() -> decode(file)).isInstanceOf(UndecodableImage.class).hasMessage(message);
  }

  /** Before each segment that follows the start of image, and before its end. */
  private static byte[] padded(byte[] file, byte[] padding) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 2;
    for (var segment : JpegSegments.read(file, ImageLimits.DEFAULT).segments()) {
      out.write(file, at - (at == 2 ? 2 : 0), segment.start() - at + (at == 2 ? 2 : 0));
      // The first three bytes tell the format.
      out.write(padding, 0, at == 2 ? 0 : padding.length);
      out.write(file, segment.start(), segment.end() - segment.start());
      at = segment.end();
    }
    out.writeBytes(padding);
    out.write(file, at, file.length - at);
    return out.toByteArray();
  }

  private static RgbImage decode(byte[] file) {
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }

  private static byte[] golden(String name) throws IOException {
    return Files.readAllBytes(Golden.file("images/" + name));
  }
}
