package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.serve.inference.ClientText;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.Optional;

/** The file's name in a content disposition whose characters are bytes. */
final class FileName {
  private FileName() {}

  /**
   * {@code filename*} (RFC 8187) before {@code filename}, as RFC 6266 has it; one that cannot be
   * read is passed over if the other is there.
   *
   * @param charset of {@code filename}
   * @return empty if the part is no file
   */
  static Optional<String> of(HeaderValue disposition, Charset charset) {
    Optional<String> extended = disposition.parameter("filename*").flatMap(FileName::extended);
    if (extended.isPresent()) {
      return extended;
    }
    Optional<String> plain = disposition.parameter("filename").map(name -> text(name, charset));
    if (plain.isEmpty() && disposition.parameter("filename*").isPresent()) {
      throw MultipartReader.damaged(
          "has a filename* that is not UTF-8''percent-encoded (RFC 8187)");
    }
    return plain;
  }

  /** Browsers and curl escape only these three in a name (the HTML standard, multipart names). */
  private static String text(String bytes, Charset charset) {
    String name = decode(bytes.getBytes(ISO_8859_1), charset).orElse(bytes);
    return name.replace("%22", "\"").replaceAll("%0[dD]", "\r").replaceAll("%0[aA]", "\n");
  }

  private static Optional<String> decode(byte[] bytes, Charset charset) {
    try {
      String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return ClientText.isBroken(text) ? Optional.empty() : Optional.of(text);
    } catch (CharacterCodingException e) {
      return Optional.empty(); // an old client's Latin-1
    }
  }

  private static Optional<String> extended(String text) {
    String[] pieces = text.split("'", 3);
    if (pieces.length < 3) {
      return Optional.empty();
    }
    Optional<byte[]> bytes = percentDecoded(pieces[2]);
    return switch (pieces[0].toLowerCase(Locale.ROOT)) {
      case "utf-8" -> bytes.flatMap(b -> decode(b, UTF_8));
      case "iso-8859-1" -> bytes.map(b -> new String(b, ISO_8859_1));
      default -> Optional.empty();
    };
  }

  private static Optional<byte[]> percentDecoded(String text) {
    if (text.contains("%-")) { // the JDK would read a negative number
      return Optional.empty();
    }
    try {
      String bytes =
          URLDecoder.decode(text.replace("+", "%2B"), ISO_8859_1); // no form: + is itself
      return Optional.of(bytes.getBytes(ISO_8859_1));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
