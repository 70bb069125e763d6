package dev.lapidary.exporter.quantize;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.file.Unfinished;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.core.tensor.Uniform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * The input tensors that ranges and guards are measured on: preprocessed images, float32 [C, H, W]
 * each, in a fixed order. They are read many times and may be larger than the heap, so they lie in
 * a temporary file that {@link #close} deletes.
 */
public final class CalibrationSet implements AutoCloseable {
  private final int channels;
  private final int height;
  private final int width;
  private final Path file;
  private final FileChannel data;
  private final MessageDigest digest = Sha256.digest();
  private final Queue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();
  private int count;
  private WorkProgress progress = line -> {};

  /** An empty set of inputs of this size. */
  public CalibrationSet(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    try {
      file = Unfinished.create(() -> Files.createTempFile("lapidary-calibration", ".f32"));
      data = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Inputs that anyone can make again, for methods that need no calibration: image i is twice
   * {@code u("quantize/i")}, about as wide as a normalized photograph.
   */
  public static CalibrationSet uniform(int channels, int height, int width, int count) {
    CalibrationSet set = new CalibrationSet(channels, height, width);
    float[] image = new float[set.imageLength()];
    for (int i = 0; i < count; i++) {
      double[] u = Uniform.u("quantize/" + i, image.length);
      for (int k = 0; k < image.length; k++) {
        image[k] = (float) (2 * u[k]);
      }
      set.add(image);
    }
    return set;
  }

  /**
   * Adds one image's tensor.
   *
   * @param image row-major [C, H, W], of {@link #imageLength} values
   */
  public void add(float[] image) {
    if (image.length != imageLength()) {
      throw new IllegalArgumentException(
          "an image of %d values does not fill [%d, %d, %d]"
              .formatted(image.length, channels, height, width));
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(image.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(image);
    digest.update(bytes.duplicate());
    try {
      long at = (long) count * bytes.capacity();
      while (bytes.hasRemaining()) {
        at += data.write(bytes, at);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    count++;
  }

  /** From here on each pass over the images is told of. */
  void tell(WorkProgress watcher) {
    progress = watcher;
  }

  public int count() {
    return count;
  }

  public int imageLength() {
    return channels * height * width;
  }

  /** Of a batch of n: [n, C, H, W]. */
  long[] shape(int n) {
    return new long[] {n, channels, height, width};
  }

  /** The tensor of one image, little-endian; from any thread. */
  ByteBuffer one(int image) {
    return batch(image, image + 1);
  }

  /**
   * Shows the tensor of one image, little-endian; from any thread. Its memory is the next one's:
   * what is outside of the heap would otherwise stay until the heap is full, which it hardly gets.
   *
   * @param reader keeps nothing of it
   */
  <T> T read(int image, Function<ByteBuffer, T> reader) {
    ByteBuffer bytes = Optional.ofNullable(idle.poll()).orElseGet(() -> tensors(1));
    try {
      return reader.apply(fill(bytes, image, image + 1));
    } finally {
      idle.add(bytes);
    }
  }

  /** The tensors of images {@code from} (inclusive) to {@code to} (exclusive), little-endian. */
  ByteBuffer batch(int from, int to) {
    return fill(tensors(to - from), from, to);
  }

  private ByteBuffer tensors(int images) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(images, imageLength() * Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer fill(ByteBuffer bytes, int from, int to) {
    progress.count("calibrating", to, count);
    int imageBytes = imageLength() * Float.BYTES;
    bytes.clear();
    try {
      while (bytes.hasRemaining()) {
        if (data.read(bytes, (long) from * imageBytes + bytes.position()) < 0) {
          throw new IllegalArgumentException("no images " + from + ".." + to + " of " + count);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.flip();
  }

  /** Of all tensors' bytes (float32, little-endian) in order, in hexadecimal. */
  String sha256() {
    try {
      return Sha256.hex((MessageDigest) digest.clone());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
    }
  }

  @Override
  public void close() {
    try {
      data.close();
      Files.deleteIfExists(file);
      Unfinished.remove(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
