package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lapidary.serve.inference.ClientText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Cuts a body in memory at its boundary (RFC 2046 section 5.1.1): strict about line ends, the
 * closing boundary and header lines, and bounded in parts and in bytes of a part's header. What
 * stands before the first boundary and behind the last is passed over, as the RFC has it.
 */
final class MultipartReader {
  private static final int MAX_HEADER_BYTES = 8192;

  /** Other fields that a form may carry besides its images. */
  private static final int OTHER_FIELDS = 16;

  private final byte[] body;
  private final byte[] delimiter;
  private final int maxImages;

  /**
   * @param boundary without the hyphens before it
   */
  MultipartReader(byte[] body, String boundary, int maxImages) {
    this.body = body;
    this.delimiter = ("\r\n--" + boundary).getBytes(US_ASCII);
    this.maxImages = maxImages;
  }

  /**
   * @param headers by name in lower case, each byte a character
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Part(Map<String, String> headers, byte[] content) {}

  /**
   * @throws Refusal 400 if the body is not multipart, 413 if it has too many parts
   */
  List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    // The first boundary may stand at the very start, with no line end before it.
    int hyphens = startsAt(0, 2) ? 0 : find(0, "has no line --boundary") + 2;
    int at = hyphens + delimiter.length - 2;
    while (!isClosing(at)) {
      if (parts.size() == maxImages + OTHER_FIELDS) {
        throw RequestForm.tooManyImages(maxImages);
      }
      int start = endOfDelimiterLine(at, parts.size());
      int content = endOfHeaders(start, parts.size());
      // A part without content: the boundary's line end is the one that ends the headers.
      int end = find(content - 2, "ends within part " + parts.size() + ", before --boundary--");
      Map<String, String> headers = headers(start, content, parts.size());
      parts.add(new Part(headers, Arrays.copyOfRange(body, content, Math.max(content, end))));
      at = end + delimiter.length;
    }
    return parts;
  }

  private boolean startsAt(int at, int skipped) {
    int length = delimiter.length - skipped;
    return at + length <= body.length
        && Arrays.equals(body, at, at + length, delimiter, skipped, delimiter.length);
  }

  private int find(int from, String otherwise) {
    // A boundary has no CR inside, so no byte is looked at more than twice.
    for (int at = from; at + delimiter.length <= body.length; at++) {
      if (body[at] == '\r' && startsAt(at, 0)) {
        return at;
      }
    }
    throw damaged(otherwise);
  }

  private boolean isClosing(int at) {
    return at + 2 <= body.length && body[at] == '-' && body[at + 1] == '-';
  }

  private int endOfDelimiterLine(int at, int part) {
    int end = at;
    while (end < body.length && (body[end] == ' ' || body[end] == '\t')) {
      end++;
    }
    if (end + 2 > body.length || body[end] != '\r' || body[end + 1] != '\n') {
      throw damaged("has other characters than a line end after the boundary of part " + part);
    }
    return end + 2;
  }

  /** The place behind the empty line. */
  private int endOfHeaders(int start, int part) {
    int last = Math.min(body.length, start + MAX_HEADER_BYTES);
    for (int at = start; at + 2 <= last; at++) {
      boolean lineStart = at == start || (body[at - 2] == '\r' && body[at - 1] == '\n');
      if (lineStart && body[at] == '\r' && body[at + 1] == '\n') {
        return at + 2;
      }
    }
    throw damaged(
        last == body.length
            ? "ends within the header of part " + part
            : "has a header of more than " + MAX_HEADER_BYTES + " bytes in part " + part);
  }

  private Map<String, String> headers(int start, int content, int part) {
    String text = new String(body, start, content - start - 2, ISO_8859_1);
    Map<String, String> headers = new TreeMap<>();
    // A line that starts with a space goes on with the one before (RFC 5322 section 2.2.3).
    for (String line : text.replaceAll("\r\n([ \t])", "$1").split("\r\n")) {
      int colon = line.indexOf(':');
      if (line.isEmpty()) {
        continue; // there are no headers at all
      }
      if (colon < 1 || line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
        throw damaged("has a header line without a name and a colon in part " + part);
      }
      String name = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
      if (headers.putIfAbsent(name, line.substring(colon + 1).strip()) != null) {
        throw damaged("has the header " + ClientText.brief(name) + " twice in part " + part);
      }
    }
    return headers;
  }

  static Refusal damaged(String what) {
    return Refusal.badRequest("invalid_multipart", "the multipart body %s", what);
  }
}
