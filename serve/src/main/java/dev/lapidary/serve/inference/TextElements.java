package dev.lapidary.serve.inference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Elements of {@code BYTES} as binary data: each behind its length in four bytes. */
final class TextElements {
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
  static List<byte[]> read(String name, ByteBuffer data, long count) {
    requireFew(name, count);
    ByteBuffer left = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> texts = new ArrayList<>((int) count);
    while (texts.size() < count && left.remaining() >= Integer.BYTES) {
      int length = left.getInt();
      if (length < 0 || length > left.remaining()) {
        throw new InvalidRequest(
            "element %d of input '%s' has a length of %d but %d bytes are left",
            texts.size(), name, Integer.toUnsignedLong(length), left.remaining());
      }
      byte[] text = new byte[length];
      left.get(text);
      texts.add(text);
    }
    if (texts.size() != count || left.hasRemaining()) {
      throw new InvalidRequest(
          "the binary data of input '%s' has more or fewer elements than its shape says", name);
    }
    return texts;
  }
}
