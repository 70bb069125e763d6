package dev.lapidary.torchscript.script;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * A string literal: bytes with C's escapes, as {@code c10::printQuotedString} writes them, and the
 * text that they are in UTF-8. A byte that is of no character becomes the lone surrogate U+DC00
 * plus its value, as in Python (PEP 383), so that every literal can be written again.
 */
final class QuotedText {
  private static final String MEANT = "\u0007\b\f\n\r\t\u000b\\'\"";
  private static final String LETTERS = "abfnrtv\\'\"";
  private static final int LONE = 0xdc00;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void add(int codePoint) {
    bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Adds what an escape means.
   *
   * @param at the backslash
   * @return how many characters it has; 0 if it is none
   */
  int escape(String text, int at) {
    char c = at + 1 < text.length() ? text.charAt(at + 1) : '\0';
    int simple = LETTERS.indexOf(c);
    if (simple >= 0) {
      bytes.write(MEANT.charAt(simple));
      return 2;
    }
    int radix = c == 'x' ? 16 : 8;
    int start = at + (c == 'x' ? 2 : 1);
    int end = start;
    while (end < text.length()
        && end - start < (radix == 16 ? 2 : 3)
        && Character.digit(text.charAt(end), radix) >= 0) {
      end++;
    }
    if (end == start) {
      return 0;
    }
    bytes.write(Integer.parseInt(text.substring(start, end), radix));
    return end - at;
  }

  String text() {
    ByteBuffer in = ByteBuffer.wrap(bytes.toByteArray());
    CharBuffer out = CharBuffer.allocate(in.remaining());
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    for (CoderResult result = decoder.decode(in, out, true);
        result.isError();
        result = decoder.decode(in, out, true)) {
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (LONE + (in.get() & 0xff)));
      }
    }
    return out.flip().toString();
  }

  /** The literal of a text. */
  static String of(String text) {
    StringBuilder literal = new StringBuilder("\"");
    text.codePoints().forEach(c -> write(c, literal));
    return literal.append('"').toString();
  }

  private static void write(int c, StringBuilder literal) {
    int simple = c < 0x80 ? MEANT.indexOf(c) : -1;
    if (simple >= 0) {
      literal.append('\\').append(LETTERS.charAt(simple));
    } else if (c >= 0x20 && c < 0x7f) {
      literal.append((char) c);
    } else if (c >= LONE && c <= LONE + 0xff) {
      octal((byte) c, literal);
    } else {
      for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
        octal(b, literal);
      }
    }
  }

  private static void octal(byte b, StringBuilder literal) {
    int value = b & 0xff;
    literal.append('\\').append(value >> 6).append(value >> 3 & 7).append(value & 7);
  }
}
