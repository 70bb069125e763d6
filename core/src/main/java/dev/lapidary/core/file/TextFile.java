package dev.lapidary.core.file;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Text that people write, with whatever program: labels, lists, configurations. UTF-8 with or
 * without a byte order mark, and UTF-16 with one; a mark is never part of the text. Anything else
 * is refused in words, since a guessed encoding gives wrong names and no error.
 */
public final class TextFile {
  private static final byte[] UTF8_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final byte[] UTF32_MARK = {(byte) 0xff, (byte) 0xfe, 0, 0};
  private static final byte[] UTF16_LITTLE = {(byte) 0xff, (byte) 0xfe};
  private static final byte[] UTF16_BIG = {(byte) 0xfe, (byte) 0xff};

  private TextFile() {}

  /**
   * The whole text, its line ends as they stand.
   *
   * @throws Failure (exit 2) if the file is missing, cannot be read, or is in another encoding
   */
  public static String read(Path file) {
    byte[] bytes = bytes(file);
    if (startsWith(bytes, UTF8_MARK)) {
      return utf8(file, bytes, UTF8_MARK.length);
    }
    if (startsWith(bytes, UTF32_MARK)) {
      throw Failure.badInput("[%s] is UTF-32 text; save it as UTF-8", file);
    }
    if (startsWith(bytes, UTF16_LITTLE)) {
      return utf16(file, bytes, StandardCharsets.UTF_16LE.newDecoder());
    }
    if (startsWith(bytes, UTF16_BIG)) {
      return utf16(file, bytes, StandardCharsets.UTF_16BE.newDecoder());
    }
    return utf8(file, bytes, 0);
  }

  /**
   * The lines without their ends ({@code \n}, {@code \r\n} or {@code \r}) and without blanks after
   * them; blank lines at the end are left out, others are not.
   *
   * @throws Failure as {@link #read}
   */
  public static List<String> lines(Path file) {
    List<String> lines = new ArrayList<>(read(file).lines().map(String::stripTrailing).toList());
    while (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
      lines.remove(lines.size() - 1);
    }
    return lines;
  }

  private static byte[] bytes(Path file) {
    if (!Files.exists(file)) {
      throw Failure.badInput("[%s] there is no such file", file);
    }
    if (Files.isDirectory(file)) {
      throw Failure.badInput("[%s] is a folder; expected a text file", file);
    }
    try {
      return Files.readAllBytes(file);
    } catch (AccessDeniedException e) {
      throw Failure.badInput("[%s] cannot be read: permission denied", file);
    } catch (IOException e) {
      throw Failure.badInput("[%s] cannot be read: %s", file, Failure.reason(e));
    }
  }

  private static String utf8(Path file, byte[] bytes, int start) {
    CharBuffer text = CharBuffer.allocate(bytes.length - start);
    ByteBuffer in = ByteBuffer.wrap(bytes, start, bytes.length - start);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(in, text, true);
    if (result.isError()) {
      throw Failure.badInput(
          "[%s] is not UTF-8 text: byte %02x in line %d; save it as UTF-8",
          file, in.get(in.position()), lineOf(bytes, in.position()));
    }
    return printable(file, text.flip().toString());
  }

  private static String utf16(Path file, byte[] bytes, CharsetDecoder decoder) {
    CharBuffer text = CharBuffer.allocate(bytes.length / 2 + 1);
    ByteBuffer in = ByteBuffer.wrap(bytes, 2, bytes.length - 2);
    if (decoder.onMalformedInput(CodingErrorAction.REPORT).decode(in, text, true).isError()) {
      throw Failure.badInput(
          "[%s] is damaged UTF-16 text at byte %d; save it as UTF-8", file, in.position());
    }
    return printable(file, text.flip().toString());
  }

  /** Zero characters are what UTF-16 without a mark, and any binary file, read as UTF-8 has. */
  private static String printable(Path file, String text) {
    if (text.indexOf('\0') >= 0) {
      throw Failure.badInput(
          "[%s] is not UTF-8 text: it has zero bytes, as UTF-16 without a byte order mark and"
              + " binary files have; save it as UTF-8",
          file);
    }
    return text;
  }

  private static long lineOf(byte[] bytes, int position) {
    long line = 1;
    for (int i = 0; i < position; i++) {
      line += bytes[i] == '\n' ? 1 : 0;
    }
    return line;
  }

  private static boolean startsWith(byte[] bytes, byte[] mark) {
    int end = Math.min(mark.length, bytes.length);
    return Arrays.equals(bytes, 0, end, mark, 0, mark.length);
  }
}
