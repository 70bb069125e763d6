package dev.lapidary.serve.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Elements of {@code BYTES} as binary data: each behind its length in four bytes. */
public final class TextElements {
  private static final int MAX = 100_000;

  private TextElements() {}

  /**
   * @throws InvalidRequest if there are too many to be held
   */
  static void requireFew(String name, long count) {
    if (count > MAX) {
      throw new InvalidRequest(
          "input '%s' has %d elements of BYTES, expected at most %d", name, count, MAX);
    }
  }

  /**
   * @param name of the input, for errors
   * @param count as its shape says
   * @throws InvalidRequest if there are not as many, or a length is wrong
   */
  public static List<byte[]> read(String name, byte[] body, int from, int size, long count) {
    requireFew(name, count);
    int end = from + size;
    int at = from;
    ByteBuffer lengths = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> texts = new ArrayList<>((int) count);
    while (texts.size() < count && end - at >= Integer.BYTES) {
      int length = lengths.getInt(at);
      at += Integer.BYTES;
      if (length < 0 || length > end - at) {
        throw new InvalidRequest(
            "element %d of input '%s' has a length of %d but %d bytes are left",
            texts.size(), name, Integer.toUnsignedLong(length), end - at);
      }
      texts.add(Arrays.copyOfRange(body, at, at + length));
      at += length;
    }
    if (texts.size() != count || at != end) {
      throw new InvalidRequest(
          "the binary data of input '%s' has more or fewer elements than its shape says", name);
    }
    return texts;
  }
}
