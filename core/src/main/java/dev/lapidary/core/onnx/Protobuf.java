package dev.lapidary.core.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Walks a protobuf message's fields in place (protobuf.dev/programming-guides/encoding): nothing is
 * allocated, lengths are held against the bytes that are there, groups are refused.
 */
public final class Protobuf {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int LONGEST_VARINT = 10;

  private final ByteBuffer in;
  private final String name;
  private int field;
  private int wireType;
  private long number;
  private ByteBuffer bytes;

  /**
   * @param name of the message, for errors
   */
  public Protobuf(ByteBuffer in, String name) {
    this.in = in.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.name = name;
    this.bytes = this.in;
  }

  /** Goes to the next field; false at the end. */
  public boolean next() {
    if (!in.hasRemaining()) {
      return false;
    }
    long tag = varint(in);
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    switch (wireType) {
      case VARINT -> number = varint(in);
      case FIXED64 -> bytes = take(8);
      case LENGTH -> bytes = take(varint(in));
      case FIXED32 -> bytes = take(4);
      default -> throw damaged("wire type " + wireType);
    }
    return true;
  }

  public int field() {
    return field;
  }

  /** The integer of this field. */
  public long number() {
    if (wireType != VARINT) {
      throw damaged("field " + field + " is no integer");
    }
    return number;
  }

  /** The bytes of this field, little-endian: a view. */
  public ByteBuffer bytes() {
    if (wireType == VARINT) {
      throw damaged("field " + field + " has no bytes");
    }
    return bytes;
  }

  /** The text of this field. */
  public String text() {
    return UTF_8.decode(bytes().duplicate()).toString();
  }

  public Protobuf message(String inner) {
    return new Protobuf(bytes(), inner);
  }

  /** Whether this field holds at most one integer. */
  public boolean isShort() {
    return wireType == VARINT || bytes.remaining() <= LONGEST_VARINT;
  }

  /** Adds a repeated integer field's values, packed or not. */
  public void integers(List<Long> values, int max) {
    if (wireType == VARINT) {
      values.add(number);
    } else {
      ByteBuffer packed = bytes().duplicate();
      while (packed.hasRemaining() && values.size() <= max) {
        values.add(varint(packed));
      }
    }
    if (values.size() > max) {
      throw damaged("field " + field + " has more than " + max + " values");
    }
  }

  private ByteBuffer take(long length) {
    if (length < 0 || length > in.remaining()) {
      throw damaged(length + " bytes where " + in.remaining() + " are left");
    }
    ByteBuffer taken = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + (int) length);
    return taken;
  }

  private long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; shift < 64 && from.hasRemaining(); shift += 7) {
      byte next = from.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw damaged("an integer without end");
  }

  private Failure damaged(String what) {
    return Failure.badInput(
        "ONNX %s at byte %d: %s; the file is damaged or no ONNX", name, in.position(), what);
  }
}
