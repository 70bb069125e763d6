package dev.lapidary.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lapidary.serve.bench.Disturbance;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * About 200 connections a second that are cut off, half closed, reset or left open in the midst of
 * something, or are no HTTP at all; 256 of them are open at a time.
 */
final class HostileClients implements Disturbance {
  private static final int OPEN = 256;
  private static final int PAUSE_MILLIS = 5;
  private static final String POST = "POST /predict HTTP/1.1\r\nHost: a\r\n";
  private static final List<String> BEGINNINGS =
      List.of(
          "",
          "POST /pred",
          POST + "Content-Le",
          POST + "Content-Length: 100\r\n\r\n",
          POST + "Content-Length: 100\r\nContent-Type: image/jpeg\r\n\r\n\u00ff\u00d8\u00ff",
          POST + "Transfer-Encoding: chunked\r\n\r\nff\r\nabc",
          POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
          POST + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\0",
          POST
              + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 90\r\n\r\n--x\r\nC",
          POST + "Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"images\":[{\"b64",
          POST + "Content-Length: 5\r\nContent-Length: 60\r\n\r\nGET / HTTP/1.1\r\n\r\n",
          POST
              + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
          POST + "X: " + "a".repeat(9000) + "\r\n\r\n",
          "GET /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nInference-Header-Content-Length: 999999999"
              + "\r\nContent-Length: 40\r\n\r\n{\"inputs\":[",
          "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003", // TLS, where none is spoken
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  @Override
  public String name() {
    return "hostile connections, about 200 a second";
  }

  @Override
  public Running begin(URI server) {
    Thread thread = new Thread(() -> attack(server), "hostile");
    thread.setDaemon(true);
    thread.start();
    return () -> {
      thread.interrupt();
      thread.join();
    };
  }

  private static void attack(URI server) {
    Random random = new Random(1);
    Deque<Socket> open = new ArrayDeque<>();
    try {
      for (int i = 0; ; i++) {
        String beginning = BEGINNINGS.get(i % BEGINNINGS.size());
        open.add(begin(server, beginning.getBytes(ISO_8859_1), random.nextInt(4)));
        Thread.sleep(PAUSE_MILLIS);
        if (open.size() > OPEN) {
          SlowClients.quietly(open.remove());
        }
      }
    } catch (InterruptedException e) {
      open.forEach(SlowClients::quietly);
    }
  }

  private static Socket begin(URI server, byte[] bytes, int end) {
    Socket socket = new Socket();
    try {
      socket.connect(new java.net.InetSocketAddress(server.getHost(), server.getPort()));
      socket.getOutputStream().write(bytes);
      switch (end) {
        case 0 -> socket.shutdownOutput();
        case 1 -> socket.setSoLinger(true, 0);
        default -> {}
      }
      if (end == 1 || end == 2) {
        socket.close(); // by a reset, or in order
      }
    } catch (IOException e) {
      // the server has refused it before all of it was sent
    }
    return socket;
  }
}
