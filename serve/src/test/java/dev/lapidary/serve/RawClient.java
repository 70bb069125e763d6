package dev.lapidary.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;

/** One HTTP/1.1 connection, or https, that knows how far its request got: no pool, no retry. */
public final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;

  public RawClient(URI server) throws IOException {
    socket = TestTls.connect(server);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
  }

  /** {@code POST /predict} of some copies of one image. */
  public static byte[] request(byte[] image, int copies) {
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

  public void send(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
  }

  /**
   * An answer.
   *
   * @param head its status line and its headers
   */
  public record Answer(String head, String body) {
    public int status() {
      return Integer.parseInt(head.split(" ")[1]);
    }
  }

  /** The next answer's status. */
  public int status() throws IOException {
    return answer().status();
  }

  /**
   * The next answer.
   *
   * @throws EOFException if the connection ended before it
   */
  public Answer answer() throws IOException {
    InputStream in = socket.getInputStream();
    String head = head(in);
    int length = 0;
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new IllegalStateException("an answer was cut off: " + head);
    }
    return new Answer(head, new String(body, UTF_8));
  }

  /** Whether the server has ended the connection, with no further byte. */
  public boolean isClosed() throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true; // it still had something to read from us
    }
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
