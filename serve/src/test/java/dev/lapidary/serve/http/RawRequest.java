package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * An HTTP request whose every byte the test decides: nothing is added, checked or put right, not
 * even the length of the body. For {@link RawConnection}.
 *
 * @param startLine without its line end
 * @param headers lines without their ends, each character a byte
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record RawRequest(String startLine, List<String> headers, byte[] body) {
  RawRequest {
    headers = List.copyOf(headers);
  }

  /** Right in all, with {@code Host} and {@code Content-Length}. */
  static RawRequest post(String target, String contentType, byte[] body) {
    return new RawRequest(
        "POST " + target + " HTTP/1.1",
        List.of(
            "Host: localhost", "Content-Type: " + contentType, "Content-Length: " + body.length),
        body);
  }

  static RawRequest of(String method, String target) {
    return new RawRequest(method + " " + target + " HTTP/1.1", List.of("Host: localhost"), NONE);
  }

  private static final byte[] NONE = new byte[0];

  RawRequest withStartLine(String line) {
    return new RawRequest(line, headers, body);
  }

  RawRequest with(String header) {
    List<String> more = new ArrayList<>(headers);
    more.add(header);
    return new RawRequest(startLine, more, body);
  }

  RawRequest without(String name) {
    List<String> fewer = new ArrayList<>(headers);
    fewer.removeIf(h -> h.regionMatches(true, 0, name + ":", 0, name.length() + 1));
    return new RawRequest(startLine, fewer, body);
  }

  /** In place of the one that is there. */
  RawRequest replacing(String name, String value) {
    return without(name).with(name + ": " + value);
  }

  RawRequest withHeaders(List<String> others) {
    return new RawRequest(startLine, others, body);
  }

  /** With the length that it has. */
  RawRequest withBody(byte[] other) {
    return new RawRequest(startLine, headers, other)
        .replacing("Content-Length", Integer.toString(other.length));
  }

  /** The same body in one chunk of each size, the last one the rest. */
  RawRequest chunked(int... sizes) {
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    int at = 0;
    for (int size : sizes) {
      at += chunk(chunks, at, Math.min(size, body.length - at));
    }
    chunk(chunks, at, body.length - at);
    chunks.writeBytes(ascii("0\r\n\r\n"));
    return new RawRequest(startLine, headers, chunks.toByteArray())
        .without("Content-Length")
        .with("Transfer-Encoding: chunked");
  }

  private int chunk(ByteArrayOutputStream to, int at, int size) {
    if (size > 0) { // one of no bytes would be the end
      to.writeBytes(ascii(Integer.toHexString(size) + "\r\n"));
      to.write(body, at, size);
      to.writeBytes(ascii("\r\n"));
    }
    return size;
  }

  byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(ascii(startLine + "\r\n"));
    headers.forEach(header -> all.writeBytes(ascii(header + "\r\n")));
    all.writeBytes(ascii("\r\n"));
    all.writeBytes(body);
    return all.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
