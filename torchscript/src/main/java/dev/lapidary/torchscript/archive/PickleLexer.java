package dev.lapidary.torchscript.archive;

import com.google.errorprone.annotations.FormatMethod;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Cuts a pickle into opcodes with their arguments, each checked against the bytes that are there.
 * Spec: CPython's {@code pickletools.py}.
 */
final class PickleLexer {
  private final ByteBuffer in;
  private final String record;
  private final PickleDialect dialect;
  private int position;
  private long number;
  private double real;
  private String text = "";
  private String secondText = "";
  private boolean large;

  /**
   * @param record what messages call the bytes: {@code data.pkl}
   */
  PickleLexer(ByteBuffer bytes, String record, PickleDialect dialect) {
    this.in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.record = record;
    this.dialect = dialect;
  }

  String record() {
    return record;
  }

  boolean isPython() {
    return dialect == PickleDialect.PYTHON;
  }

  Opcode next() {
    position = in.position();
    need(1);
    int code = in.get() & 0xff;
    Opcode opcode =
        Opcode.of(code, dialect)
            .orElseThrow(
                () ->
                    refuse(
                        "opcode 0x%02x is none that PyTorch writes; the file is damaged or no"
                            + " PyTorch pickle",
                        code));
    readArgument(opcode.argument());
    return opcode;
  }

  /** The integer argument of the last opcode. */
  long number() {
    return number;
  }

  /** Whether the last integer needs more than 64 bits, so that {@link #number} is not it. */
  boolean isLarge() {
    return large;
  }

  double real() {
    return real;
  }

  String text() {
    return text;
  }

  /** The second line of GLOBAL. */
  String secondText() {
    return secondText;
  }

  /** Bytes read so far. */
  int end() {
    return in.position();
  }

  @FormatMethod
  Failure refuse(String format, Object... arguments) {
    return Failure.badInput("%s at byte %d: %s", record, position, format.formatted(arguments));
  }

  private void readArgument(Opcode.Argument argument) {
    switch (argument) {
      case NONE -> {}
      case UINT1 -> number = need(1).get() & 0xff;
      case UINT2 -> number = need(2).getShort() & 0xffff;
      case INT4 -> number = need(4).getInt();
      case UINT4 -> number = Integer.toUnsignedLong(need(4).getInt());
      case INT8 -> number = need(8).getLong();
      case LONG1 -> number = littleEndian(need(1).get() & 0xff);
      case LONG4 -> number = littleEndian(length4());
      case FLOAT8 -> real = Double.longBitsToDouble(Long.reverseBytes(need(8).getLong()));
      case TEXT1 -> text = utf8(need(1).get() & 0xff);
      case TEXT4 -> text = utf8(length4());
      case TEXT8 -> text = utf8(length8());
      case BYTES1 -> skip(need(1).get() & 0xff);
      case BYTES4 -> skip(length4());
      case BYTES8 -> skip(length8());
      case LINES2 -> {
        text = line();
        secondText = line();
      }
    }
  }

  private long length4() {
    return Integer.toUnsignedLong(need(4).getInt());
  }

  /** A length of 2^63 and more is more than there is, as is a negative one. */
  private long length8() {
    long length = need(8).getLong();
    return length < 0 ? Long.MAX_VALUE : length;
  }

  private void skip(long length) {
    need(length);
    in.position(in.position() + (int) length);
  }

  private ByteBuffer need(long count) {
    if (count > in.remaining()) {
      throw refuse(
          "expected %d more bytes, found %d; the file is truncated, fetch it again",
          count, in.remaining());
    }
    return in;
  }

  private long littleEndian(long length) {
    large = length > 8;
    if (large) {
      if (!isPython()) {
        throw refuse("an integer of %d bytes, at most 8 are read", length);
      }
      skip(length);
      return 0;
    }
    need(length);
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (in.get() & 0xffL) << (8 * i);
    }
    int unused = (int) (64 - 8 * length);
    return length == 0 ? 0 : value << unused >> unused;
  }

  private String utf8(long length) {
    need(length);
    return decode((int) length);
  }

  private String line() {
    int length = 0;
    while (need(length + 1).get(in.position() + length) != '\n') {
      length++;
    }
    String line = decode(length);
    in.get();
    return line;
  }

  private String decode(int length) {
    ByteBuffer bytes = in.slice(in.position(), length);
    try {
      CharBuffer chars =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(
                  isPython()
                      ? CodingErrorAction.REPLACE // lone surrogates, and Python 2's bytes
                      : CodingErrorAction.REPORT)
              .decode(bytes);
      in.position(in.position() + length);
      return chars.toString();
    } catch (CharacterCodingException e) {
      String shown = StandardCharsets.ISO_8859_1.decode(in.slice(in.position(), length)).toString();
      throw refuse("a string that is not UTF-8: %s", Quote.of(shown));
    }
  }
}
