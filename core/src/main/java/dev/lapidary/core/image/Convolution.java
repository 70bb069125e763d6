package dev.lapidary.core.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The two passes of Pillow's filtered resize ({@code Resample.c}): each row is shrunk or stretched
 * sideways to 8 bits, then the columns are.
 *
 * <p>Both passes are sums of long lines, {@code sums[i] += weight * line[i]} over ints, because C2
 * turns only such loops into vector instructions. The first pass gets its lines by reading a block
 * of {@link #BLOCK_ROWS} rows column by column. Sums of ints have no order, so they are Pillow's.
 */
final class Convolution {
  /** Long enough for vectors to pay, few enough for a block's columns to stay in the cache. */
  private static final int BLOCK_ROWS = 128;

  /** A pixel in one read; the fourth byte is its neighbour's. */
  private static final VarHandle PIXEL =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] pixels;
  private final int pitch;
  private final int start;
  private final Taps columns;
  private final Taps rows;
  private final int blockRows;

  /** One column of the block: three bytes of each pixel, then its reds, its greens, its blues. */
  private final int[] packed;

  /** Columns of the block that the next output needs; column x is at x modulo their number. */
  private final int[][] block;

  /** Rows after the first pass, red, green, blue in turn; row y is at y modulo their number. */
  private final int[][] narrowed;

  private Convolution(RgbImage image, Box region, Taps columns, Taps rows) {
    this.pixels = image.pixels();
    this.pitch = 3 * image.width();
    this.start = region.top() * pitch + 3 * region.left();
    this.columns = columns;
    this.rows = rows;
    this.blockRows = Math.min(BLOCK_ROWS, region.height());
    this.packed = new int[blockRows];
    this.block = new int[columns.stride()][3 * blockRows];
    this.narrowed = new int[rows.stride() + blockRows][3 * columns.length()];
  }

  /** Writes {@code columns.length() x rows.length()} pixels. */
  static void apply(RgbImage image, Box region, Taps columns, Taps rows, byte[] to) {
    new Convolution(image, region, columns, rows).run(to);
  }

  private void run(byte[] to) {
    int last = rows.length() - 1;
    int end = rows.first()[last] + rows.count()[last];
    int[] sums = new int[3 * columns.length()];
    int[] blockSums = new int[3 * blockRows];
    int done = 0;
    for (int y = 0; y <= last; y++) {
      int needed = rows.first()[y] + rows.count()[y];
      done = Math.max(done, rows.first()[y]);
      while (done < needed) {
        int count = Math.min(blockRows, end - done);
        narrow(done, count, blockSums);
        done += count;
      }
      sum(narrowed, rows, y, sums, sums.length);
      write(sums, to, y * sums.length);
    }
  }

  /** The first pass over {@code count} rows. */
  private void narrow(int row, int count, int[] sums) {
    int done = 0;
    for (int x = 0; x < columns.length(); x++) {
      int needed = columns.first()[x] + columns.count()[x];
      for (done = Math.max(done, columns.first()[x]); done < needed; done++) {
        readColumn(start + row * pitch + 3 * done, count);
        split(packed, block[done % block.length], count);
      }
      sum(block, columns, x, sums, 3 * count);
      store(sums, row, count, 3 * x);
    }
  }

  private void readColumn(int from, int count) {
    int whole = count;
    int last = from + (count - 1) * pitch;
    if (last + Integer.BYTES > pixels.length) {
      whole--;
      packed[whole] =
          (pixels[last] & 0xff) | (pixels[last + 1] & 0xff) << 8 | (pixels[last + 2] & 0xff) << 16;
    }
    for (int r = 0; r < whole; r++) {
      packed[r] = (int) PIXEL.get(pixels, from + r * pitch);
    }
  }

  private static void split(int[] packed, int[] to, int count) {
    for (int r = 0; r < count; r++) {
      to[r] = packed[r] & 0xff;
    }
    for (int r = 0; r < count; r++) {
      to[count + r] = packed[r] >> 8 & 0xff;
    }
    for (int r = 0; r < count; r++) {
      to[2 * count + r] = packed[r] >> 16 & 0xff;
    }
  }

  private void store(int[] sums, int row, int count, int at) {
    int slot = row % narrowed.length;
    for (int r = 0; r < count; r++) {
      int[] line = narrowed[slot];
      line[at] = level(sums[r]);
      line[at + 1] = level(sums[count + r]);
      line[at + 2] = level(sums[2 * count + r]);
      slot = next(slot, narrowed);
    }
  }

  private static void write(int[] sums, byte[] to, int at) {
    for (int i = 0; i < sums.length; i++) {
      to[at + i] = (byte) level(sums[i]);
    }
  }

  /** Output {@code position} of an axis: its lines, weighted. */
  private static void sum(int[][] lines, Taps taps, int position, int[] sums, int length) {
    int[] weights = taps.weights();
    int w = position * taps.stride();
    int end = w + taps.count()[position];
    int slot = taps.first()[position] % lines.length;
    int[] line = lines[slot];
    int weight = weights[w++];
    for (int i = 0; i < length; i++) {
      sums[i] = Taps.HALF + weight * line[i];
    }
    if ((end - w) % 2 == 1) {
      slot = next(slot, lines);
      add(sums, lines[slot], weights[w++], length);
    }
    while (w < end) {
      int even = next(slot, lines);
      slot = next(even, lines);
      add(sums, lines[even], weights[w], lines[slot], weights[w + 1], length);
      w += 2;
    }
  }

  private static void add(int[] sums, int[] line, int weight, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] += weight * line[i];
    }
  }

  private static void add(int[] sums, int[] a, int weightA, int[] b, int weightB, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] += weightA * a[i] + weightB * b[i];
    }
  }

  private static int next(int slot, int[][] lines) {
    return slot + 1 == lines.length ? 0 : slot + 1;
  }

  private static int level(int sum) {
    return Rgb.clip(sum >> Taps.BITS);
  }
}
