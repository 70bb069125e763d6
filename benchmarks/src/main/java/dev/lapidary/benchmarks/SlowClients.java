package dev.lapidary.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lapidary.serve.bench.Disturbance;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Clients that keep a server waiting, each of which comes again once it is turned out. */
record SlowClients(String name, Habit habit) implements Disturbance {
  private static final int COUNT = 256;
  private static final int BEAT_MILLIS = 500;
  private static final int BODY_BYTES = 48_000;
  private static final int MAX_HEAD_BYTES = 3000;
  private static final String HEAD =
      "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n";

  /** What one connection does until it ends. */
  interface Habit {
    void live(Socket socket) throws IOException, InterruptedException;
  }

  SlowClients {
    name = COUNT + " " + name;
  }

  static List<Disturbance> kinds() {
    return List.of(
        new SlowClients("silent connections", SlowClients::silent),
        new SlowClients("heads, a byte at a time", SlowClients::dribbleHead),
        new SlowClients("bodies, a byte at a time", socket -> dribbleBody(socket, 1)),
        new SlowClients(
            "bodies at 1.2 kB a second, which is allowed",
            socket -> dribbleBody(socket, 1200 * BEAT_MILLIS / 1000)),
        new SlowClients("readers of a byte at a time", SlowClients::dribbleAnswer));
  }

  @Override
  public Running begin(URI server) {
    Set<Socket> open = ConcurrentHashMap.newKeySet();
    Thread[] threads = new Thread[COUNT];
    for (int i = 0; i < COUNT; i++) {
      threads[i] = new Thread(() -> comeAgain(server, open), "slow");
      threads[i].setDaemon(true);
      threads[i].start();
    }
    return () -> {
      for (Thread thread : threads) {
        thread.interrupt();
      }
      for (Socket socket : open) {
        quietly(socket);
      }
      for (Thread thread : threads) {
        thread.join();
      }
    };
  }

  private void comeAgain(URI server, Set<Socket> open) {
    while (!Thread.currentThread().isInterrupted()) {
      Socket socket = new Socket();
      open.add(socket);
      try {
        socket.setReceiveBufferSize(2048);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        habit.live(socket);
      } catch (IOException e) {
        pause(); // it was turned out
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        open.remove(socket);
        quietly(socket);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BEAT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  private static void silent(Socket socket) throws IOException {
    socket.getInputStream().readAllBytes();
  }

  private static void dribbleHead(Socket socket) throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    out.write((HEAD + "X-Slow: ").getBytes(US_ASCII));
    for (int i = 0; i < MAX_HEAD_BYTES; i++) {
      out.write('a');
      beat(socket);
    }
  }

  private static void dribbleBody(Socket socket, int bytes)
      throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    out.write((HEAD + "Content-Length: " + BODY_BYTES + "\r\n\r\n").getBytes(US_ASCII));
    byte[] part = new byte[bytes];
    Arrays.fill(part, (byte) 0xff);
    for (int sent = 0; sent + bytes <= BODY_BYTES; sent += bytes) {
      out.write(part);
      beat(socket);
    }
  }

  private static void dribbleAnswer(Socket socket) throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    String request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    out.write((request + request).getBytes(US_ASCII));
    InputStream in = socket.getInputStream();
    while (in.read() >= 0) {
      Thread.sleep(BEAT_MILLIS);
    }
  }

  /** Until the next byte is due, or the server has answered or hung up. */
  private static void beat(Socket socket) throws IOException, InterruptedException {
    Thread.sleep(BEAT_MILLIS);
    if (socket.getInputStream().available() > 0) {
      throw new IOException("answered before the end");
    }
  }
}
