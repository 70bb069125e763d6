package dev.lapidary.core.image;

/** GIF's variable-length-code LZW (GIF89a, appendix F) over its chain of sub-blocks. */
final class GifLzw {
  private static final int MAX_CODES = 4096;

  private final byte[] file;
  private int at;
  private int blockLeft;
  private int bits;
  private int bitCount;

  /** Each code is another code and one more index. */
  private final short[] prefix = new short[MAX_CODES];

  private final byte[] suffix = new byte[MAX_CODES];
  private final short[] length = new short[MAX_CODES];

  GifLzw(byte[] file, int at) {
    this.file = file;
    this.at = at;
  }

  byte[] decode(int count) {
    int literalBits = u8();
    if (literalBits < 1 || literalBits > 11) {
      throw damaged("codes of " + literalBits + " bits");
    }
    requireLikely(count);
    int clear = 1 << literalBits;
    int next = clear + 2;
    int width = literalBits + 1;
    int previous = -1;
    byte[] indices = new byte[count];
    for (int i = 0; i < clear; i++) {
      suffix[i] = (byte) i;
      length[i] = 1;
    }
    for (int out = 0; out < count; ) {
      int code = code(width);
      if (code == clear) {
        next = clear + 2;
        width = literalBits + 1;
        previous = -1;
        continue;
      }
      if (code == clear + 1) {
        throw damaged("its data ends after " + out + " of " + count + " pixels");
      }
      if (code > next || (code == next && previous < 0) || (previous < 0 && code > clear)) {
        throw damaged("a code that was not defined");
      }
      if (previous >= 0 && next < MAX_CODES) {
        prefix[next] = (short) previous;
        length[next] = (short) (length[previous] + 1);
        suffix[next] = first(code == next ? previous : code);
        next++;
        if (next == 1 << width && width < 12) {
          width++;
        }
      }
      out = put(code, indices, out);
      previous = code;
    }
    return indices;
  }

  private byte first(int code) {
    while (length[code] > 1) {
      code = prefix[code];
    }
    return suffix[code];
  }

  private int put(int code, byte[] indices, int out) {
    int end = out + length[code];
    int to = end;
    for (int c = code; to > out; c = prefix[c]) {
      to--;
      if (to < indices.length) {
        indices[to] = suffix[c];
      }
    }
    return Math.min(end, indices.length);
  }

  private int code(int width) {
    while (bitCount < width) {
      if (blockLeft == 0) {
        blockLeft = u8();
        if (blockLeft == 0) {
          throw damaged("its data ends before its pixels");
        }
      }
      bits |= u8() << bitCount;
      bitCount += 8;
      blockLeft--;
    }
    int code = bits & ((1 << width) - 1);
    bits >>>= width;
    bitCount -= width;
    return code;
  }

  /** Before pixels are allocated: a code of 12 bits makes at most 4096 of them. */
  private void requireLikely(int count) {
    if ((long) (file.length - at) * MAX_CODES < count) {
      throw truncated(file.length);
    }
  }

  private int u8() {
    if (at >= file.length) {
      throw truncated(file.length);
    }
    return file[at++] & 0xff;
  }

  private static UndecodableImage damaged(String how) {
    return UndecodableImage.broken("damaged GIF: %s", how);
  }

  static UndecodableImage truncated(int length) {
    return UndecodableImage.broken(
        "truncated GIF: the file ends at byte %d within its first frame", length);
  }
}
