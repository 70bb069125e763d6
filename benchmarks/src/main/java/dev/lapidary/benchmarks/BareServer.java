package dev.lapidary.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The least that can answer HTTP: a thread a connection, which reads a request, works, and answers.
 * It holds no limit and takes no wrong request; it is what a server is compared with, not one.
 */
final class BareServer implements AutoCloseable {
  private final ServerSocket listener;
  private final Work work;
  private final byte[] described;

  /** What is done for a request's body. */
  interface Work {
    byte[] answer(byte[] body) throws Exception;
  }

  /**
   * @param described the answer to each GET
   */
  BareServer(Work work, byte[] described) throws IOException {
    this.work = work;
    this.described = described;
    this.listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "bare");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = listener.accept();
        connection.setTcpNoDelay(true);
        daemon(() -> serve(connection));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection;
        InputStream in = new BufferedInputStream(connection.getInputStream(), 1 << 16);
        OutputStream out = new BufferedOutputStream(connection.getOutputStream(), 1 << 16)) {
      String line = line(in);
      while (line != null) {
        boolean get = line.startsWith("GET ");
        byte[] body = in.readNBytes(length(in));
        byte[] answer = get ? described : work.answer(body);
        out.write(
            "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                .formatted(answer.length)
                .getBytes(US_ASCII));
        out.write(answer);
        out.flush();
        line = line(in);
      }
    } catch (IOException e) {
      // its client is gone
    } catch (Exception e) {
      throw new IllegalStateException("the bare loop failed", e);
    }
  }

  private static int length(InputStream in) throws IOException {
    int length = 0;
    String line = line(in);
    while (line != null && !line.isEmpty()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
      line = line(in);
    }
    return length;
  }

  private static @Nullable String line(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        return null;
      }
      if (c != '\r') {
        text.append((char) c);
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
