package dev.lapidary.quickstart.data;

import dev.lapidary.core.failure.Failure;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Just enough IDX (yann.lecun.com/exdb/mnist) to read MNIST-like gzip pairs: 8-bit gray images,
 * row-major, one after the other, and 8-bit labels.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record IdxFiles(int height, int width, byte[] pixels, byte[] labels) {
  private static final int IMAGES = 0x803;
  private static final int LABELS = 0x801;
  private static final int MAX_IMAGES = 1_000_000;

  /** Reads {@code <prefix>-images-idx3-ubyte.gz} and its labels. */
  static IdxFiles read(Path folder, String prefix) throws IOException {
    Path images = folder.resolve(prefix + "-images-idx3-ubyte.gz");
    Path labels = folder.resolve(prefix + "-labels-idx1-ubyte.gz");
    try (DataInputStream image = open(images);
        DataInputStream label = open(labels)) {
      int count = header(image, images, IMAGES);
      int height = image.readInt();
      int width = image.readInt();
      int labelled = header(label, labels, LABELS);
      if (labelled != count) {
        throw Failure.badInput("%s has %d labels for %d images", labels, labelled, count);
      }
      byte[] pixels = image.readNBytes(count * height * width);
      byte[] classes = label.readNBytes(count);
      if (pixels.length != count * height * width || classes.length != count) {
        throw Failure.badInput("%s or its labels end too early; fetch them again", images);
      }
      return new IdxFiles(height, width, pixels, classes);
    }
  }

  int count() {
    return labels.length;
  }

  int label(int index) {
    return labels[index];
  }

  byte[] image(int index) {
    int area = height * width;
    return Arrays.copyOfRange(pixels, index * area, (index + 1) * area);
  }

  private static int header(DataInputStream in, Path file, int magic) throws IOException {
    int found = in.readInt();
    int count = in.readInt();
    if (found != magic || count < 1 || count > MAX_IMAGES) {
      throw Failure.badInput(
          "%s is no IDX file: expected magic 0x%x, found 0x%x with %d items",
          file, magic, found, count);
    }
    return count;
  }

  private static DataInputStream open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput(
          "%s is missing; install the Debian package dataset-fashion-mnist, or give the folder of"
              + " Fashion-MNIST's four .gz files by --from",
          file);
    }
    InputStream in = Files.newInputStream(file);
    return new DataInputStream(new GZIPInputStream(in, 1 << 16));
  }
}
