package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.lapidary.core.image.UndecodableImage.Code;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebpTest {
  static List<String> files() throws IOException {
    return new String(read("expected.txt"), StandardCharsets.UTF_8).lines().toList();
  }

  /** The same library: not a level of difference. */
  @ParameterizedTest
  @MethodSource("files")
  void pixelsEqualPillows(String line) throws IOException {
    String[] words = line.split(" ");
    RgbImage image = decode(read(words[0]));
    assertThat(image.width()).isEqualTo(Integer.parseInt(words[1]));
    assertThat(image.height()).isEqualTo(Integer.parseInt(words[2]));
    assertThat(PillowResizeTest.checksum(image)).isEqualTo(words[3]);
  }

  /** A frame of 41 x 31 at 6, 4 of a canvas of 50 x 40. */
  @Test
  void aFrameLiesWhereItsAnimationPutsIt() throws IOException {
    byte[] still = read("lossless.webp");
    RgbImage frame = decode(still);
    RgbImage canvas = decode(animation(Arrays.copyOfRange(still, 12, still.length)));
    assertThat(canvas.width()).isEqualTo(50);
    assertThat(canvas.height()).isEqualTo(40);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 50; x++) {
        boolean inside = x >= 6 && x < 47 && y >= 4 && y < 35;
        assertThat(canvas.at(x, y, 1)).isEqualTo(inside ? frame.at(x - 6, y - 4, 1) : 0);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lossy.webp", "lossless.webp", "alpha-lossy.webp", "animation.webp"})
  void truncatedAnywhereIsRefusedBeforeItsPixels(String name) throws IOException {
    byte[] file = read(name);
    refuse(Arrays.copyOf(file, 40));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int length = 12; length < file.length; length += 1 + file.length / 97) {
      byte[] part = Arrays.copyOf(file, length);
      long before = threads.getCurrentThreadAllocatedBytes();
      assertThat(refuse(part)).hasMessageStartingWith("truncated WebP: ");
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 16);
    }
  }

  /** The container is whole; only libwebp sees that the data within are not. */
  @Test
  void dataThatEndEarlyAreRefused() throws IOException {
    byte[] file = Arrays.copyOf(read("lossy.webp"), 600);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(4, 592).putInt(16, 580);
    assertThat(refuse(file)).hasMessageStartingWith("damaged WebP: Decode returned code ");
  }

  @Test
  void limitsAreCheckedFromTheHeaders() throws IOException {
    ImageLimits few = new ImageLimits(1 << 20, 16_384, 3000);
    for (String name : List.of("lossy.webp", "alpha-lossy.webp")) {
      byte[] file = read(name);
      UndecodableImage refused =
          catchThrowableOfType(UndecodableImage.class, () -> ImageDecoder.decode(file, few));
      assertThat(refused.code()).isEqualTo(Code.TOO_LARGE);
      assertThat(refused).hasMessageContaining("pixels, more than the limit of 3000");
    }
    byte[] bomb = read("lossless.webp");
    ByteBuffer.wrap(bomb).order(ByteOrder.LITTLE_ENDIAN).putInt(21, 0x0fffffff);
    assertThat(refuse(bomb)).hasMessageStartingWith("16384 x 16384 = 268435456 pixels, more than");
  }

  @Test
  void whatIsNoWebpSaysWhy() throws IOException {
    byte[] still = read("lossy.webp");
    byte[] notKey = still.clone();
    notKey[23] = 0;
    assertThat(refuse(notKey))
        .hasMessage("damaged WebP: its VP8 data do not begin with a key frame");
    byte[] outside = animation(Arrays.copyOfRange(still, 12, still.length));
    assertThat(refuse(outside))
        .hasMessageStartingWith("damaged WebP: an image of 121x91 is no Box");
    byte[] empty = {'R', 'I', 'F', 'F', 4, 0, 0, 0, 'W', 'E', 'B', 'P'};
    assertThat(refuse(empty)).hasMessage("a WebP without image data");
  }

  /** Flipped bits give other pixels or a refusal, never anything else. */
  @Test
  void damageIsNeverWorseThanARefusal() throws IOException {
    Random random = new Random(5);
    int refused = 0;
    for (String line : files()) {
      byte[] file = read(line.split(" ")[0]);
      for (int i = 0; i < 60; i++) {
        byte[] damaged = file.clone();
        for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
          int near = random.nextBoolean() ? Math.min(64, file.length) : file.length;
          damaged[12 + random.nextInt(near - 12)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
          decode(damaged);
        } catch (UndecodableImage e) {
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(100);
  }

  private static byte[] animation(byte[] image) throws IOException {
    ByteBuffer canvas = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    canvas.putInt(0x02).putShort((short) 49).put((byte) 0).putShort((short) 39);
    ByteBuffer frame = ByteBuffer.allocate(16 + image.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putShort(0, (short) 3).putShort(3, (short) 2).putShort(6, (short) 40);
    frame.putShort(9, (short) 30).position(16).put(image);
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    chunks.write("WEBP".getBytes(StandardCharsets.ISO_8859_1));
    chunks.write(chunk("VP8X", canvas.array()));
    chunks.write(chunk("ANIM", new byte[6]));
    chunks.write(chunk("ANMF", frame.array()));
    return chunk("RIFF", chunks.toByteArray());
  }

  private static byte[] chunk(String type, byte[] payload) {
    ByteBuffer chunk =
        ByteBuffer.allocate(8 + payload.length + payload.length % 2).order(ByteOrder.LITTLE_ENDIAN);
    chunk.put(type.getBytes(StandardCharsets.ISO_8859_1)).putInt(payload.length).put(payload);
    return chunk.array();
  }

  private static byte[] read(String name) throws IOException {
    try (InputStream in = WebpTest.class.getResourceAsStream("/webp/" + name)) {
      return in.readAllBytes();
    }
  }

  private static RgbImage decode(byte[] file) {
    return ImageDecoder.decode(file, ImageLimits.DEFAULT);
  }

  private static UndecodableImage refuse(byte[] file) {
    return catchThrowableOfType(UndecodableImage.class, () -> decode(file));
  }
}
