package dev.lapidary.serve.tls;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Puts older forms of private keys into PKCS #8 (RFC 5208), which is what Java reads: a sequence of
 * the version 0, the algorithm and the older form as it is.
 */
final class Pkcs8 {
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final int CURVE = 0xa0;
  private static final byte[] VERSION = {2, 1, 0};

  /** 1.2.840.113549.1.1.1, and no parameters. */
  private static final byte[] RSA = {
    6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  /** 1.2.840.10045.2.1; the curve is behind it. */
  private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

  private Pkcs8() {}

  /** Of PKCS #1 (RFC 8017, appendix A.1.2). */
  static byte[] ofRsa(byte[] pkcs1) {
    return wrapped(RSA, pkcs1);
  }

  /** Of SEC 1 (RFC 5915); empty if it does not name its curve. */
  static Optional<byte[]> ofEc(byte[] sec1) {
    try {
      int at = valueStart(sec1, 0); // of the whole
      at = end(sec1, at); // behind the version
      at = end(sec1, at); // behind the number
      if ((sec1[at] & 0xff) != CURVE) {
        return Optional.empty();
      }
      byte[] curve = Arrays.copyOfRange(sec1, valueStart(sec1, at), end(sec1, at));
      return Optional.of(wrapped(joined(EC, curve), sec1));
    } catch (ArrayIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static byte[] wrapped(byte[] algorithm, byte[] key) {
    return value(SEQUENCE, joined(VERSION, value(SEQUENCE, algorithm), value(OCTETS, key)));
  }

  private static byte[] value(int tag, byte[] content) {
    int length = content.length;
    byte[] head;
    if (length < 0x80) {
      head = new byte[] {(byte) tag, (byte) length};
    } else if (length < 0x100) {
      head = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
    } else {
      head = new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    }
    return joined(head, content);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static int valueStart(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int end(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    int length = first;
    if (first >= 0x80) {
      length = 0;
      for (int i = 0; i < (first & 0x7f); i++) {
        length = (length << 8) | (der[at + 2 + i] & 0xff);
      }
    }
    return valueStart(der, at) + length;
  }
}
