package dev.lapidary.torchscript.archive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** A pickle's bytes: opcodes with their arguments, and the memo of what was written before. */
final class PickleOutput {
  private static final int PROTOCOL = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, Integer> texts = new HashMap<>();
  private int memoSize;

  PickleOutput() {
    op(Opcode.PROTO);
    out.write(PROTOCOL);
  }

  ByteBuffer finished() {
    op(Opcode.STOP);
    return ByteBuffer.wrap(out.toByteArray());
  }

  void integers(long[] values) {
    op(Opcode.MARK);
    for (long value : values) {
      integer(value);
    }
    op(Opcode.TUPLE);
  }

  void integer(long value) {
    if (value >= 0 && value <= 0xff) {
      op(Opcode.BININT1);
      little(value, 1);
    } else if (value >= 0 && value <= 0xffff) {
      op(Opcode.BININT2);
      little(value, 2);
    } else if (value == (int) value) {
      op(Opcode.BININT);
      little(value, 4);
    } else {
      op(Opcode.LONG1);
      little(8, 1);
      little(value, 8);
    }
  }

  void real(double value) {
    op(Opcode.BINFLOAT);
    little(Long.reverseBytes(Double.doubleToRawLongBits(value)), 8);
  }

  void text(String value) {
    Integer known = texts.get(value);
    if (known != null) {
      get(known);
      return;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    op(Opcode.BINUNICODE);
    little(bytes.length, 4);
    out.writeBytes(bytes);
    texts.put(value, put());
  }

  void global(String module, String name) {
    String lines = module + "\n" + name + "\n";
    Integer known = texts.get(lines);
    if (known != null) {
      get(known);
      return;
    }
    op(Opcode.GLOBAL);
    out.writeBytes(lines.getBytes(StandardCharsets.UTF_8));
    texts.put(lines, put());
  }

  /** Gives the value on top of the stack a number in the memo. */
  int put() {
    op(memoSize < 256 ? Opcode.PUT : Opcode.LONG_PUT);
    little(memoSize, memoSize < 256 ? 1 : 4);
    return memoSize++;
  }

  /** Recalls what has that number. */
  void get(int index) {
    op(index < 256 ? Opcode.GET : Opcode.LONG_GET);
    little(index, index < 256 ? 1 : 4);
  }

  void op(Opcode... opcodes) {
    for (Opcode opcode : opcodes) {
      out.write(opcode.code());
    }
  }

  private void little(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }
}
