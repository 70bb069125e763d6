package dev.lapidary.trainer.embedding;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A column's part of a row group: levels, then PLAIN values ({@code Encodings.md} of
 * parquet-format). No value is ever missing and no list is empty.
 *
 * @param values numbers or strings, those of lists counted one by one
 * @param bytes little-endian, from the position on
 */
record ParquetPage(int values, ByteBuffer bytes) {

  static ParquetPage texts(List<String> texts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String text : texts) {
      byte[] utf8 = text.getBytes(UTF_8);
      out.writeBytes(little(4).putInt(utf8.length).array());
      out.writeBytes(utf8);
    }
    return new ParquetPage(texts.size(), ByteBuffer.wrap(out.toByteArray()));
  }

  static ParquetPage longs(long... numbers) {
    ByteBuffer bytes = little(8 * numbers.length);
    bytes.asLongBuffer().put(numbers);
    return new ParquetPage(numbers.length, bytes);
  }

  /** Lists that are all of one length. */
  static ParquetPage floatLists(int length, FloatBuffer numbers) {
    int count = numbers.remaining();
    byte[] repetition = repetition(count / length, length);
    byte[] definition = run(count, 1);
    ByteBuffer bytes = little(4 + repetition.length + 4 + definition.length + 4 * count);
    bytes.putInt(repetition.length).put(repetition).putInt(definition.length).put(definition);
    bytes.asFloatBuffer().put(numbers);
    return new ParquetPage(count, bytes.position(0));
  }

  /** 0 where a list begins, 1 where it goes on. */
  private static byte[] repetition(int lists, int length) {
    if (length == 1) {
      return run(lists, 0);
    }
    byte[] begins = run(1, 0);
    byte[] goesOn = run(length - 1, 1);
    ByteBuffer levels = ByteBuffer.allocate(lists * (begins.length + goesOn.length));
    while (levels.hasRemaining()) {
      levels.put(begins).put(goesOn);
    }
    return levels.array();
  }

  /** So many times the same level, of one bit, in the RLE/bit-packed hybrid. */
  private static byte[] run(int count, int level) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long header = (long) count << 1; // ULEB128
    for (; header > 0x7f; header >>>= 7) {
      out.write((int) (header & 0x7f) | 0x80);
    }
    out.write((int) header);
    out.write(level);
    return out.toByteArray();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
