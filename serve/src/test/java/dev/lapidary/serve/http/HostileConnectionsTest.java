package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.TestTls;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connections that are slow, broken, half open or cut off, many at a time, beside a client that
 * asks as it should: each of its requests is answered, with the right class, and nothing is a fault
 * of the server's. With the proof's count it prints the client's p99 with and without them.
 */
class HostileConnectionsTest {
  /** Open at a time; the eldest is closed for the next. */
  private static final int OPEN = 256;

  /** About 200 a second: more of them would measure how fast this machine opens connections. */
  private static final int PAUSE_MILLIS = 5;

  private static final byte[] IMAGE = TinyModels.png(Color.GREEN, 20, 10);
  private static final String POST = "POST /predict HTTP/1.1\r\nHost: a\r\n";

  @TempDir Path folder;

  /** What is sent before nothing more comes. */
  private enum Kind {
    SILENT(""),
    HALF_A_LINE("POST /pred"),
    HALF_A_HEAD(POST + "Content-Le"),
    NO_BODY(POST + "Content-Length: 100\r\n\r\n"),
    HALF_A_BODY(POST + "Content-Length: 100\r\nContent-Type: image/png\r\n\r\n\u0089PNG"),
    HALF_A_CHUNK(POST + "Transfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    BROKEN_CHUNK(POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
    CUT_GZIP(POST + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\0"),
    CUT_FORM(
        POST
            + "Content-Type: multipart/form-data; boundary=x\r\n"
            + "Content-Length: 90\r\n\r\n"
            + "--x\r\n"
            + "Content-"),
    HALF_JSON(
        POST + "Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"images\":[{\"b64"),
    TWO_LENGTHS(POST + "Content-Length: 5\r\nContent-Length: 60\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    LENGTH_AND_CHUNKS(
        POST
            + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            + "POST /v2/repository/models/tiny/unload HTTP/1.1\r\nHost: a\r\n\r\n"),
    HUGE_INFER(
        "POST /v2/models/tiny/infer HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Inference-Header-Content-Length: 999999999\r\n"
            + "Content-Length: 40\r\n\r\n"
            + "{\"inputs\":[");

    private final byte[] bytes;

    Kind(String text) {
      bytes = text.getBytes(ISO_8859_1);
    }
  }

  /** How a connection ends. */
  private enum End {
    /** Its last bytes one by one, and then open until it is the eldest. */
    SLOW,
    HALF_CLOSED,
    RESET,
    CLOSED
  }

  @Test
  @Timeout(120)
  void aHundredTakeNothingFromAClient() throws Exception {
    run(104, 60, ServerSettings.local());
  }

  /** The client speaks HTTP/2; every fourth hostile one no TLS. */
  @Test
  @Timeout(120)
  void norBehindACertificate() throws Exception {
    run(52, 60, behindACertificate());
  }

  private ServerSettings behindACertificate() throws IOException {
    return ServerSettings.local()
        .withAccess(ServerSettings.Access.DEFAULT.withTls(TestTls.files(folder)));
  }

  @Test
  @Tag("proof")
  @Timeout(1800)
  void tenThousandTakeNothingFromAClient() throws Exception {
    run(10_000, 4000, ServerSettings.local());
  }

  @Test
  @Tag("proof")
  @Timeout(1800)
  void norDoTenThousandBehindACertificate() throws Exception {
    run(10_000, 4000, behindACertificate());
  }

  private void run(int hostile, int normal, ServerSettings settings) throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings)) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      boolean encrypted = server.uri().getScheme().equals("https");
      Version version = encrypted ? Version.HTTP_2 : Version.HTTP_1_1;
      Client client = new Client(server.uri(), version, Optional.empty());
      List<Long> alone = ask(client, normal, new AtomicBoolean());
      AtomicBoolean ended = new AtomicBoolean();
      List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      Thread attack = new Thread(() -> attack(server.uri(), hostile, ended));
      attack.setUncaughtExceptionHandler((thread, error) -> failures.add(error));
      attack.start();
      List<Long> beside = ask(client, normal, ended);
      attack.join();
      beside.addAll(ask(client, normal / 10, new AtomicBoolean()));
      assertThat(failures).isEmpty();
      assertThat(server.requests().failed()).isZero();
      assertThat(server.unready()).isEmpty();
      System.out.printf(
          Locale.ROOT,
          "%d hostile connections; p99 of a client %.2f ms without them, %.2f ms beside them%n",
          hostile,
          p99(alone),
          p99(beside));
    }
  }

  /** So many, and more until the attack has ended, if there is one. */
  private static List<Long> ask(Client client, int count, AtomicBoolean ended) throws Exception {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      var answer = client.post("/predict?topK=1", "application/octet-stream", IMAGE);
      nanos.add(System.nanoTime() - began);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(Client.json(answer).at("/predictions/0/classes/0/label").asText())
          .isEqualTo("green");
      if (ended.get()) {
        break;
      }
    }
    return nanos;
  }

  private static double p99(List<Long> nanos) {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    return sorted.get((int) (0.99 * (sorted.size() - 1))) / 1e6;
  }

  private static void attack(URI server, int count, AtomicBoolean ended) {
    Random random = new Random(1);
    Deque<Socket> open = new ArrayDeque<>();
    try {
      for (int i = 0; i < count; i++) {
        Kind kind = Kind.values()[i % Kind.values().length];
        End end = End.values()[random.nextInt(End.values().length)];
        open.add(begin(i % 4 == 0 ? plain(server) : server, kind, end));
        Thread.sleep(PAUSE_MILLIS);
        if (open.size() > OPEN) {
          open.remove().close();
        }
      }
      for (Socket each : open) {
        each.close();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      ended.set(true);
    }
  }

  private static URI plain(URI server) {
    return URI.create("http://" + server.getHost() + ":" + server.getPort());
  }

  private static Socket begin(URI server, Kind kind, End end) throws IOException {
    Socket socket = TestTls.connect(server);
    try {
      OutputStream out = socket.getOutputStream();
      int slow = end == End.SLOW ? Math.min(8, kind.bytes.length) : 0;
      out.write(kind.bytes, 0, kind.bytes.length - slow);
      for (int i = kind.bytes.length - slow; i < kind.bytes.length; i++) {
        out.write(kind.bytes[i]);
      }
      switch (end) {
        case HALF_CLOSED -> socket.shutdownOutput();
        case RESET -> {
          socket.setSoLinger(true, 0);
          socket.close();
        }
        case CLOSED -> socket.close();
        case SLOW -> {}
      }
    } catch (IOException e) {
      // the server has refused it, and closed it, before all of it was sent
    }
    return socket;
  }
}
