package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of PNG, written here by the specification's formulas and read back. */
class PngTest {
  private static final int WIDTH = 19;
  private static final int HEIGHT = 11;
  private static final int[][] ADAM7 = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final Kind PLAIN = new Kind(2, 8, false, false);

  record Kind(int colourType, int depth, boolean interlaced, boolean transparency) {
    int channels() {
      return switch (colourType) {
        case 2 -> 3;
        case 4 -> 2;
        case 6 -> 4;
        default -> 1;
      };
    }
  }

  static List<Kind> kinds() {
    int[][] depths = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1}, {3, 2}};
    int[][] more = {{3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    List<Kind> kinds = new ArrayList<>();
    for (int[][] list : List.of(depths, more)) {
      for (int[] pair : list) {
        for (boolean interlaced : new boolean[] {false, true}) {
          kinds.add(new Kind(pair[0], pair[1], interlaced, false));
          if (pair[0] < 4) {
            kinds.add(new Kind(pair[0], pair[1], interlaced, true));
          }
        }
      }
    }
    return kinds;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isReadAsWritten(Kind kind) {
    int[][] samples = samples(kind);
    RgbImage image = ImageDecoder.decode(write(kind, samples), ImageLimits.DEFAULT);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        for (int c = 0; c < 3; c++) {
          assertThat(image.at(x, y, c))
              .as("%s at %d,%d channel %d", kind, x, y, c)
              .isEqualTo(expected(kind, samples[y], x, c));
        }
      }
    }
  }

  @Test
  void aWrongChecksumIsRefused() {
    byte[] file = write(PLAIN, samples(PLAIN));
    file[60] ^= 1;
    assertThatThrownBy(() -> ImageDecoder.decode(file, ImageLimits.DEFAULT))
        .isInstanceOf(UndecodableImage.class)
        .hasMessage("damaged PNG: the checksum of chunk IDAT at byte 33 does not fit");
  }

  @Test
  void aDamagedChunksTypeMakesNoSecondLine() {
    byte[] file = write(PLAIN, samples(PLAIN));
    ByteArrayOutputStream front = new ByteArrayOutputStream();
    chunk(front, "A\nB\r", new byte[0]);
    byte[] with = with(file, front, new ByteArrayOutputStream());
    assertThatThrownBy(() -> ImageDecoder.decode(with, ImageLimits.DEFAULT))
        .hasMessage("PNG with the unknown critical chunk A?B? is not read");
  }

  @Test
  void aPictureIsWrittenWithoutLoss() {
    byte[] pixels = new byte[3 * 7 * 5];
    new Random(1).nextBytes(pixels);
    byte[] file = PngWriter.encode(new RgbImage(7, 5, pixels));
    RgbImage again = ImageDecoder.decode(file, ImageLimits.DEFAULT);
    assertThat(again.width()).isEqualTo(7);
    assertThat(again.pixels()).isEqualTo(pixels);
  }

  /** APNG's frames after the first, a colour profile, gamma and texts change nothing. */
  @Test
  void otherChunksAreSkipped() {
    byte[] file = write(PLAIN, samples(PLAIN));
    ByteArrayOutputStream front = new ByteArrayOutputStream();
    chunk(front, "gAMA", new byte[] {0, 1, 0, 0});
    chunk(front, "iCCP", "name\0\0no profile".getBytes(StandardCharsets.ISO_8859_1));
    chunk(front, "acTL", new byte[] {0, 0, 0, 2, 0, 0, 0, 0});
    chunk(front, "fcTL", new byte[26]);
    ByteArrayOutputStream back = new ByteArrayOutputStream();
    chunk(back, "fcTL", new byte[26]);
    chunk(back, "fdAT", new byte[] {0, 0, 0, 2, 1, 2, 3});
    RgbImage image = ImageDecoder.decode(with(file, front, back), ImageLimits.DEFAULT);
    assertThat(image.pixels()).isEqualTo(ImageDecoder.decode(file, ImageLimits.DEFAULT).pixels());
  }

  @Test
  void itsExifTurnsIt() {
    byte[] file = write(PLAIN, samples(PLAIN));
    ByteArrayOutputStream front = new ByteArrayOutputStream();
    byte[] mirrored = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 2, 0, 0};
    chunk(front, "eXIf", mirrored);
    RgbImage upright = ImageDecoder.decode(file, ImageLimits.DEFAULT);
    RgbImage image =
        ImageDecoder.decode(with(file, front, new ByteArrayOutputStream()), ImageLimits.DEFAULT);
    for (int x = 0; x < WIDTH; x++) {
      assertThat(image.at(x, 1, 0)).isEqualTo(upright.at(WIDTH - 1 - x, 1, 0));
    }
  }

  /** Chunks after the header and before the end. */
  private static byte[] with(byte[] file, ByteArrayOutputStream front, ByteArrayOutputStream back) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(Arrays.copyOf(file, 33));
    all.writeBytes(front.toByteArray());
    all.writeBytes(Arrays.copyOfRange(file, 33, file.length - 12));
    all.writeBytes(back.toByteArray());
    all.writeBytes(Arrays.copyOfRange(file, file.length - 12, file.length));
    return all.toByteArray();
  }

  /** By the stated rules: alpha over black, 16-bit gray by 257 rounded, other 16 bits cut. */
  private static int expected(Kind kind, int[] row, int x, int c) {
    int n = kind.channels();
    int at = n * x;
    int shift = kind.depth() - 8;
    return switch (kind.colourType()) {
      case 0 -> {
        double level = row[at] * 255.0 / ((1 << kind.depth()) - 1);
        yield kind.transparency() && row[at] == 1 ? 0 : (int) Math.floor(level + 0.5);
      }
      case 2 -> {
        boolean key = row[at] == 1 && row[at + 1] == 1 && row[at + 2] == 1;
        yield kind.transparency() && key ? 0 : row[at + c] >> shift;
      }
      case 3 -> {
        int alpha = kind.transparency() && row[at] < 2 ? 100 * row[at] : 255;
        yield over(paletteLevel(row[at], c), alpha);
      }
      case 4 -> over(row[at] >> shift, row[at + 1] >> shift);
      default -> over(row[at + c] >> shift, row[at + 3] >> shift);
    };
  }

  private static int over(int level, int alpha) {
    return (int) Math.floor(level * alpha / 255.0 + 0.5);
  }

  private static int paletteLevel(int index, int channel) {
    return (index * 37 + channel * 91) & 0xff;
  }

  private static int[][] samples(Kind kind) {
    Random random = new Random(7);
    int[][] rows = new int[HEIGHT][WIDTH * kind.channels()];
    for (int[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        // Ones are common, so that the transparent colour is met.
        row[i] = random.nextInt(3) == 0 ? 1 : random.nextInt(1 << kind.depth());
      }
    }
    return rows;
  }

  private static byte[] write(Kind kind, int[][] samples) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteBuffer header = ByteBuffer.allocate(13).putInt(WIDTH).putInt(HEIGHT);
    header.put((byte) kind.depth()).put((byte) kind.colourType()).put((byte) 0).put((byte) 0);
    chunk(file, "IHDR", header.put((byte) (kind.interlaced() ? 1 : 0)).array());
    if (kind.colourType() == 3) {
      byte[] palette = new byte[3 << kind.depth()];
      for (int i = 0; i < palette.length; i++) {
        palette[i] = (byte) paletteLevel(i / 3, i % 3);
      }
      chunk(file, "PLTE", palette);
    }
    if (kind.transparency()) {
      chunk(
          file,
          "tRNS",
          switch (kind.colourType()) {
            case 0 -> new byte[] {0, 1};
            case 2 -> new byte[] {0, 1, 0, 1, 0, 1};
            default -> new byte[] {0, 100};
          });
    }
    byte[] data = deflate(raw(kind, samples));
    int half = data.length / 2;
    chunk(file, "IDAT", Arrays.copyOf(data, half));
    chunk(file, "IDAT", Arrays.copyOfRange(data, half, data.length));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static byte[] raw(Kind kind, int[][] samples) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int[][] onePass = {{0, 0, 1, 1}};
    int n = kind.channels();
    for (int[] pass : kind.interlaced() ? ADAM7 : onePass) {
      int columns = (WIDTH - pass[0] + pass[2] - 1) / pass[2];
      byte[] above = new byte[(columns * n * kind.depth() + 7) / 8];
      for (int y = pass[1]; y < HEIGHT && columns > 0; y += pass[3]) {
        byte[] row = new byte[above.length];
        for (int i = 0; i < columns * n; i++) {
          put(row, i, kind.depth(), samples[y][(pass[0] + i / n * pass[2]) * n + i % n]);
        }
        filter(out, y % 5, row, above, Math.max(1, n * kind.depth() / 8));
        above = row;
      }
    }
    return out.toByteArray();
  }

  private static void put(byte[] row, int index, int depth, int value) {
    if (depth == 16) {
      row[2 * index] = (byte) (value >> 8);
      row[2 * index + 1] = (byte) value;
    } else {
      int bit = index * depth;
      row[bit / 8] |= (byte) (value << (8 - depth - bit % 8));
    }
  }

  private static void filter(
      ByteArrayOutputStream out, int type, byte[] row, byte[] above, int step) {
    out.write(type);
    for (int i = 0; i < row.length; i++) {
      int a = i >= step ? row[i - step] & 0xff : 0;
      int b = above[i] & 0xff;
      int c = i >= step ? above[i - step] & 0xff : 0;
      int p = a + b - c;
      int nearest =
          Math.abs(p - a) <= Math.abs(p - b) && Math.abs(p - a) <= Math.abs(p - c)
              ? a
              : Math.abs(p - b) <= Math.abs(p - c) ? b : c;
      int[] predicted = {0, a, b, (a + b) / 2, nearest};
      out.write(row[i] - predicted[type]);
    }
  }

  private static byte[] deflate(byte[] raw) {
    Deflater deflater = new Deflater();
    deflater.setInput(raw);
    deflater.finish();
    byte[] buffer = new byte[raw.length + 100];
    return Arrays.copyOf(buffer, deflater.deflate(buffer));
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    file.writeBytes(name);
    file.writeBytes(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
