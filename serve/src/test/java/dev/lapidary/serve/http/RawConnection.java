package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** One connection to a server, which writes any bytes and reads answers as RFC 9112 has them. */
final class RawConnection implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  RawConnection(URI server) throws IOException {
    socket = new Socket(server.getHost(), server.getPort());
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * @param version of its protocol, such as HTTP/1.1
   * @param headers lines as they came
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(String version, int status, List<String> headers, byte[] body) {
    Optional<String> header(String name) {
      return headers.stream()
          .filter(h -> h.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
          .map(h -> h.substring(name.length() + 1).strip())
          .findFirst();
    }

    JsonNode json() throws IOException {
      return JSON.readTree(body);
    }

    /** Whether the server says that it ends the connection behind it. */
    boolean isLast() {
      String connection = header("Connection").orElse("").toLowerCase(Locale.ROOT);
      return version.equals("HTTP/1.0")
          ? !connection.equals("keep-alive")
          : connection.equals("close");
    }

    /** All that the client sees. */
    String text() {
      return version
          + " "
          + status
          + "\n"
          + String.join("\n", headers)
          + "\n\n"
          + new String(body, ISO_8859_1);
    }
  }

  /** In so many pieces, each of which the server may read alone. */
  void write(byte[] bytes, int pieces) throws IOException {
    for (int i = 0; i < pieces; i++) {
      int from = (int) ((long) bytes.length * i / pieces);
      int to = (int) ((long) bytes.length * (i + 1) / pieces);
      write(Arrays.copyOfRange(bytes, from, to));
      LockSupport.parkNanos(pieces > 1 ? 1_000_000 : 0);
    }
  }

  /** A server that closes while it is written to has said what it has to say before. */
  void write(byte[] bytes) throws IOException {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (SocketException e) {
      // read on
    }
  }

  /** The answer to one request on a connection of its own. */
  static Answer ask(URI server, RawRequest request) throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      connection.write(request.bytes());
      return connection
          .answer(request.startLine().startsWith("HEAD "), PATIENCE_MILLIS)
          .orElseThrow(() -> new IOException("closed without an answer to " + request.startLine()));
    }
  }

  Optional<Answer> answer() throws IOException {
    return answer(false, PATIENCE_MILLIS);
  }

  /**
   * The next answer; "100 Continue" is passed over.
   *
   * @param headOnly whether its request was HEAD
   * @return empty if the connection is closed before an answer begins
   * @throws SocketTimeoutException if none begins in that time
   * @throws IOException if it is no HTTP, or breaks off
   */
  Optional<Answer> answer(boolean headOnly, int patienceMillis) throws IOException {
    socket.setSoTimeout(patienceMillis);
    Optional<String> statusLine = firstLine();
    if (statusLine.isEmpty()) {
      return Optional.empty();
    }
    socket.setSoTimeout(PATIENCE_MILLIS);
    if (!statusLine.get().matches("HTTP/1\\.[01] [1-5][0-9][0-9] .*")) {
      throw new IOException("no status line: " + statusLine.get());
    }
    String version = statusLine.get().substring(0, 8);
    int status = Integer.parseInt(statusLine.get().substring(9, 12));
    List<String> headers = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      headers.add(line);
    }
    if (status == 100) {
      return answer(headOnly, patienceMillis);
    }
    Answer head = new Answer(version, status, headers, new byte[0]);
    return Optional.of(headOnly ? head : new Answer(version, status, headers, body(head)));
  }

  private Optional<String> firstLine() throws IOException {
    try {
      in.mark(1);
      int first = in.read();
      if (first < 0) {
        return Optional.empty();
      }
      in.reset();
    } catch (SocketException e) {
      return Optional.empty(); // reset by the server
    }
    return Optional.of(line());
  }

  private byte[] body(Answer head) throws IOException {
    if (head.header("Transfer-Encoding").isEmpty()) {
      return exactly(Integer.parseInt(head.header("Content-Length").orElse("0")));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
      body.writeBytes(exactly(size));
      line();
    }
    line();
    return body.toByteArray();
  }

  private byte[] exactly(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the answer's body breaks off");
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the answer breaks off after '" + line + "'");
      }
      line.append((char) b);
    }
    if (line.length() == 0 || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("a line without CR LF: " + line);
    }
    return line.substring(0, line.length() - 1);
  }

  /** As a client that is killed: what is on its way either way is lost. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
