package dev.lapidary.serve.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;

/** One HTTP/1.1 connection that knows how far its request got: no pool, no retry. */
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;

  RawClient(URI server) throws IOException {
    socket = new Socket(server.getHost(), server.getPort());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
  }

  /** {@code POST /predict} of some copies of one image. */
  static byte[] request(byte[] image, int copies) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int i = 0; i < copies; i++) {
      body.writeBytes(
          "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%d\"\r\n\r\n"
              .formatted(i)
              .getBytes(ISO_8859_1));
      body.writeBytes(image);
      body.writeBytes("\r\n".getBytes(ISO_8859_1));
    }
    body.writeBytes("--b--\r\n".getBytes(ISO_8859_1));
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        ("POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                + "Content-Length: %d\r\n\r\n")
            .formatted(body.size())
            .getBytes(ISO_8859_1));
    request.writeBytes(body.toByteArray());
    return request.toByteArray();
  }

  void send(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
  }

  /**
   * The next answer's status, its body read to the end.
   *
   * @throws EOFException if the connection ended before it
   */
  int status() throws IOException {
    InputStream in = socket.getInputStream();
    String head = head(in);
    int length = 0;
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    if (in.readNBytes(length).length < length) {
      throw new IllegalStateException("an answer was cut off: " + head);
    }
    return Integer.parseInt(head.split(" ")[1]);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0 && head.length() > 0) {
        throw new IllegalStateException("an answer was cut off: " + head);
      }
      if (next < 0) {
        throw new EOFException("no answer");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
