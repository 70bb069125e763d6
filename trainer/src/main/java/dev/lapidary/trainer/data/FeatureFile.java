package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a part of a network makes of each image of a dataset, in a file that is read as memory. All
 * numbers are little-endian:
 *
 * <pre>
 * "LAPFEAT1"         8 bytes
 * key                32 bytes: SHA-256 of all that the numbers depend on
 * rows               int64
 * rank, sizes        int32 each: the shape of a row
 * features           float32 [rows, sizes...]
 * sha256             32 bytes: SHA-256 of all bytes before
 * </pre>
 *
 * @param shape of one row
 * @param floats numbers of one row
 */
public record FeatureFile(MappedFile file, List<Integer> shape, int floats) {
  private static final byte[] MAGIC = "LAPFEAT1".getBytes(StandardCharsets.US_ASCII);
  private static final int HASH = 32;
  private static final int FIXED = MAGIC.length + HASH + Long.BYTES + Integer.BYTES;
  private static final int MAX_DIMENSIONS = 8;
  private static final int CHUNK = 1 << 20;

  /** Writing ended early because the rows did. */
  public static final class Incomplete extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /**
   * Opens a file that was written with the same key; another one, or a damaged one, is named.
   *
   * @param key 64 hexadecimal digits
   */
  public static Optional<FeatureFile> open(Path path, String key, int rows, Consumer<String> warn) {
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    String fault;
    try {
      MappedFile file = MappedFile.open(path);
      fault = fault(file, key, rows).orElse("");
      if (fault.isEmpty()) {
        List<Integer> shape = shape(file);
        return Optional.of(new FeatureFile(file, shape, floats(shape)));
      }
    } catch (Failure e) {
      fault = String.valueOf(e.getMessage());
    }
    warn.accept("%s: %s; it is computed again".formatted(path.getFileName(), fault));
    return Optional.empty();
  }

  /**
   * Writes the file whole or not at all.
   *
   * @param features batches of {@link Batch#ofFeatures}, altogether {@code rows} samples
   * @throws Incomplete if there are fewer; nothing is written then
   */
  public static void write(Path path, String key, int rows, BatchSource features)
      throws IOException {
    AtomicFile.write(
        path,
        temporary -> {
          try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            MessageDigest digest = Sha256.digest();
            int written = 0;
            while (features.hasNext()) {
              Batch batch = features.next();
              List<Integer> shape = batch.entry().orElseThrow().shape();
              if (written == 0) {
                append(channel, digest, header(key, rows, shape));
              }
              append(channel, digest, rows(batch, floats(shape)));
              written += batch.count();
            }
            if (written != rows) {
              throw new Incomplete();
            }
            append(channel, Sha256.digest(), ByteBuffer.wrap(digest.digest()));
          }
        });
  }

  /** Copies a row. */
  public void read(int row, float[] into, int offset) {
    long start = FIXED + (long) Integer.BYTES * shape.size() + (long) row * floats * Float.BYTES;
    file.slice(start, (long) floats * Float.BYTES).asFloatBuffer().get(into, offset, floats);
  }

  private static Optional<String> fault(MappedFile file, String key, int rows) {
    if (file.size() < FIXED + HASH || !Arrays.equals(bytes(file, 0, MAGIC.length), MAGIC)) {
      return Optional.of("damaged: it is no file of features");
    }
    if (!HexFormat.of().formatHex(bytes(file, MAGIC.length, HASH)).equals(key)) {
      return Optional.of("stale: it was computed from other weights, images or settings");
    }
    ByteBuffer numbers = file.slice(MAGIC.length + HASH, Long.BYTES + Integer.BYTES);
    boolean fits = numbers.getLong() == rows;
    int rank = numbers.getInt();
    if (!fits || rank < 0 || rank > MAX_DIMENSIONS) {
      return Optional.of("damaged: its header is wrong");
    }
    long header = FIXED + (long) Integer.BYTES * rank;
    if (file.size() < header + HASH
        || file.size() != header + (long) rows * floats(shape(file)) * Float.BYTES + HASH) {
      return Optional.of("damaged: it is cut short");
    }
    return Arrays.equals(digest(file), bytes(file, file.size() - HASH, HASH))
        ? Optional.empty()
        : Optional.of("damaged: its checksum is wrong");
  }

  private static List<Integer> shape(MappedFile file) {
    int rank = file.slice(FIXED - Integer.BYTES, Integer.BYTES).getInt();
    ByteBuffer sizes = file.slice(FIXED, (long) Integer.BYTES * rank);
    List<Integer> shape = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      shape.add(sizes.getInt());
    }
    return List.copyOf(shape);
  }

  /** Not more than an array can hold; a damaged header gives any number. */
  private static int floats(List<Integer> shape) {
    long product = 1;
    for (int size : shape) {
      product = Math.min(product * Math.max(size, 0), Integer.MAX_VALUE);
    }
    return (int) product;
  }

  private static byte[] digest(MappedFile file) {
    MessageDigest digest = Sha256.digest();
    long end = file.size() - HASH;
    for (long at = 0; at < end; at += CHUNK) {
      digest.update(file.slice(at, Math.min(CHUNK, end - at)));
    }
    return digest.digest();
  }

  private static byte[] bytes(MappedFile file, long offset, int length) {
    byte[] bytes = new byte[length];
    file.slice(offset, length).get(bytes);
    return bytes;
  }

  private static ByteBuffer header(String key, int rows, List<Integer> shape) {
    ByteBuffer header =
        ByteBuffer.allocate(FIXED + Integer.BYTES * shape.size()).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).put(HexFormat.of().parseHex(key)).putLong(rows).putInt(shape.size());
    shape.forEach(header::putInt);
    return header.flip();
  }

  private static ByteBuffer rows(Batch batch, int floats) {
    int count = batch.count() * floats;
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(batch.images(), 0, count);
    return bytes;
  }

  private static void append(FileChannel channel, MessageDigest digest, ByteBuffer bytes)
      throws IOException {
    digest.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
