package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * IDX, the files of the MNIST family (LeCun): unsigned bytes, images as [N,H,W], labels as [N],
 * gzipped or not. Found by their usual names, {@code *-images-idx3-ubyte} and {@code
 * *-labels-idx1-ubyte}; class names are the numbers.
 */
final class IdxFormat {
  private static final String IMAGES = "-images-idx3-ubyte";
  private static final String LABELS = "-labels-idx1-ubyte";
  private static final int UNSIGNED_BYTES = 0x08;
  private static final int MAX_SIDE = 4096;

  private IdxFormat() {}

  /** The images file of a part ({@code train} or {@code t10k}) in the folder. */
  static Optional<Path> images(Path folder, String part) {
    for (String suffix : List.of("", ".gz")) {
      Path file = folder.resolve(part + IMAGES + suffix);
      if (Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  static boolean isImages(Path file) {
    return file.getFileName().toString().contains(IMAGES);
  }

  /** An images file with the labels file beside it, or the {@code train} pair of a folder. */
  static Dataset read(Path path) {
    Path images =
        Files.isDirectory(path)
            ? images(path, "train")
                .orElseThrow(
                    () ->
                        Failure.badInput(
                            "[%s] expected train%s or train%s.gz and found neither",
                            path, IMAGES, IMAGES))
            : path;
    Path labels = images.resolveSibling(images.getFileName().toString().replace(IMAGES, LABELS));
    if (!isImages(images) || !Files.isRegularFile(labels)) {
      throw Failure.badInput(
          "[%s] expected a file named *%s with its *%s beside it", images, IMAGES, LABELS);
    }
    Block pixels = Block.read(images, 3);
    Block classes = Block.read(labels, 1);
    if (pixels.sizes[0] != classes.sizes[0]) {
      throw Failure.badInput(
          "[%s] has %d labels for %d images", labels, classes.sizes[0], pixels.sizes[0]);
    }
    return dataset(pixels, classes);
  }

  private static Dataset dataset(Block pixels, Block classes) {
    List<Sample> samples = new ArrayList<>();
    int last = 0;
    for (int i = 0; i < classes.bytes.length; i++) {
      int label = classes.bytes[i] & 0xff;
      last = Math.max(last, label);
      samples.add(new Sample(Integer.toString(i), label));
    }
    List<String> names = IntStream.rangeClosed(0, last).mapToObj(Integer::toString).toList();
    return new Dataset(
        names, samples, new IdxPictures(pixels.sizes[2], pixels.sizes[1], pixels.bytes));
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Block(int[] sizes, byte[] bytes) {
    static Block read(Path file, int rank) {
      try (DataInputStream in = new DataInputStream(open(file))) {
        int magic = in.readInt();
        if (magic != (UNSIGNED_BYTES << 8 | rank)) {
          throw Failure.badInput(
              "[%s] expected an IDX file of unsigned bytes with %d dimension(s), magic %08x, but"
                  + " found %08x",
              file, rank, UNSIGNED_BYTES << 8 | rank, magic);
        }
        int[] sizes = new int[rank];
        long count = 1;
        for (int d = 0; d < rank; d++) {
          sizes[d] = in.readInt();
          if (sizes[d] < 1 || (d > 0 && sizes[d] > MAX_SIDE)) {
            throw Failure.badInput("[%s] damaged IDX: dimension %d is %d", file, d, sizes[d]);
          }
          count *= sizes[d];
        }
        // Read before the size is believed: the bytes bound the memory, not the header.
        byte[] bytes = in.readNBytes((int) Math.min(count, Integer.MAX_VALUE - 8));
        if (bytes.length != count) {
          throw Failure.badInput(
              "[%s] truncated IDX: %d bytes of the %d of its header", file, bytes.length, count);
        }
        return new Block(sizes, bytes);
      } catch (EOFException e) {
        throw Failure.badInput("[%s] truncated IDX: it ends within its header", file);
      } catch (IOException e) {
        throw Failure.badInput("[%s] cannot be read: %s", file, e);
      }
    }

    private static InputStream open(Path file) throws IOException {
      InputStream raw = new BufferedInputStream(Files.newInputStream(file));
      return file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
    }
  }
}
