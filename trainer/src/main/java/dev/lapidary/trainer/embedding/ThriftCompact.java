package dev.lapidary.trainer.embedding;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * Just enough of Thrift's compact protocol ({@code doc/specs/thrift-compact-protocol.md}) to write
 * Parquet's headers: one struct, its fields given by rising number.
 */
final class ThriftCompact {
  private static final int I32 = 5;
  private static final int I64 = 6;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int STRUCT = 12;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int lastField;

  /** Enumerations too. */
  ThriftCompact i32(int field, int value) {
    header(field, I32);
    varint(zigzag(value), out);
    return this;
  }

  ThriftCompact i64(int field, long value) {
    header(field, I64);
    varint(zigzag(value), out);
    return this;
  }

  ThriftCompact text(int field, String value) {
    header(field, BINARY);
    text(value);
    return this;
  }

  ThriftCompact struct(int field, ThriftCompact value) {
    header(field, STRUCT);
    out.writeBytes(value.bytes());
    return this;
  }

  ThriftCompact structs(int field, List<ThriftCompact> values) {
    list(field, STRUCT, values.size());
    values.forEach(value -> out.writeBytes(value.bytes()));
    return this;
  }

  ThriftCompact i32s(int field, int... values) {
    list(field, I32, values.length);
    for (int value : values) {
      varint(zigzag(value), out);
    }
    return this;
  }

  ThriftCompact texts(int field, List<String> values) {
    list(field, BINARY, values.size());
    values.forEach(this::text);
    return this;
  }

  /** The struct with its end. */
  byte[] bytes() {
    ByteArrayOutputStream ended = new ByteArrayOutputStream();
    ended.writeBytes(out.toByteArray());
    ended.write(0);
    return ended.toByteArray();
  }

  /** ULEB128: seven bits a byte, the low ones first. */
  static void varint(long value, ByteArrayOutputStream out) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }

  private void text(String value) {
    byte[] utf8 = value.getBytes(UTF_8);
    varint(utf8.length, out);
    out.writeBytes(utf8);
  }

  private void list(int field, int type, int size) {
    header(field, LIST);
    if (size < 15) {
      out.write((size << 4) | type);
    } else {
      out.write(0xf0 | type);
      varint(size, out);
    }
  }

  /** Fields are numbered by their distance to the one before, at most 15. */
  private void header(int field, int type) {
    int distance = field - lastField;
    if (distance < 1 || distance > 15) {
      throw new IllegalArgumentException("field " + field + " after " + lastField);
    }
    out.write((distance << 4) | type);
    lastField = field;
  }
}
