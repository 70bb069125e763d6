package dev.lapidary.serve.http;

import java.util.Base64;
import java.util.Locale;

/**
 * Base64 as clients write it: either alphabet of RFC 4648, with or without padding, with line
 * breaks and spaces, and as a {@code data:} URL (RFC 2397).
 */
final class Base64Text {
  private static final String MARK = ";base64";

  private Base64Text() {}

  /**
   * @throws IllegalArgumentException saying what is wrong, in words for the client
   */
  static byte[] decode(String text) {
    String plain = withoutDataUrl(text.strip());
    StringBuilder standard = new StringBuilder(plain.length());
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      switch (c) {
        case '-' -> standard.append('+');
        case '_' -> standard.append('/');
        case ' ', '\t', '\r', '\n' -> {}
        default -> standard.append(c > 0x7f ? '?' : c); // the decoder refuses both
      }
    }
    try {
      return Base64.getDecoder().decode(standard.toString());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("its \"b64\" is not base64: " + e.getMessage(), e);
    }
  }

  private static String withoutDataUrl(String text) {
    if (!text.regionMatches(true, 0, "data:", 0, 5)) {
      return text;
    }
    int comma = text.indexOf(',');
    String head = comma < 0 ? "" : text.substring(0, comma).strip().toLowerCase(Locale.ROOT);
    if (!head.endsWith(MARK)) {
      throw new IllegalArgumentException(
          "its \"b64\" is a data URL without base64, expected data:image/...;base64,...");
    }
    return text.substring(comma + 1);
  }
}
