package dev.lapidary.trainer.embedding;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Just enough of NumPy's {@code .npz} to write arrays one after the other: a zip of {@code .npy}
 * files, format 1.0 of {@code numpy.lib.format}. Equal arrays give equal files.
 */
record NpzFile(ZipOutputStream zip) implements AutoCloseable {
  private static final LocalDateTime FIXED = LocalDateTime.of(1980, 1, 1, 0, 0);
  private static final int ALIGNMENT = 64;

  static NpzFile create(Path file) throws IOException {
    ZipOutputStream zip =
        new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
    zip.setLevel(Deflater.BEST_SPEED);
    return new NpzFile(zip);
  }

  /** Begins {@code float32} [count, shape...]; {@link #floats} gives its elements. */
  void startFloats(String name, long count, List<Long> shape) throws IOException {
    start(name, "<f4", Stream.concat(Stream.of(count), shape.stream()).toList());
  }

  void floats(float... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    zip.write(bytes.array());
  }

  /** A whole array, int64 [shape...]. */
  void longs(String name, List<Long> shape, long... values) throws IOException {
    start(name, "<i8", shape);
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    zip.write(bytes.array());
  }

  /** A whole array of strings: UTF-32, as many characters each as the longest has. */
  void texts(String name, List<String> values) throws IOException {
    int width = values.stream().mapToInt(v -> v.codePointCount(0, v.length())).max().orElse(0);
    int characters = Math.max(1, width);
    start(name, "<U" + characters, List.of((long) values.size()));
    for (String value : values) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * characters).order(ByteOrder.LITTLE_ENDIAN);
      value.codePoints().forEach(bytes::putInt);
      zip.write(bytes.array());
    }
  }

  private void start(String name, String type, List<Long> shape) throws IOException {
    ZipEntry entry = new ZipEntry(name + ".npy");
    entry.setTimeLocal(FIXED);
    zip.putNextEntry(entry);
    String sizes = shape.stream().map(size -> size + ",").collect(Collectors.joining(" "));
    String text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(type, sizes);
    int length = 10 + text.length() + 1;
    String padded = text + " ".repeat(Math.floorMod(-length, ALIGNMENT)) + "\n";
    ByteBuffer head = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    head.put((byte) 0x93).put("NUMPY".getBytes(ISO_8859_1)).put((byte) 1).put((byte) 0);
    head.putShort((short) padded.length());
    zip.write(head.array());
    zip.write(padded.getBytes(ISO_8859_1));
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
