package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.RawHttp2;
import dev.lapidary.serve.RawHttp2.Frame;
import dev.lapidary.serve.TestTls;
import java.awt.Color;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Clients behind TLS, and on HTTP/2, that are slow, silent, or ask for too much. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class Http2GuardTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final ServerSettings.Timeouts STANDARD =
      ServerSettings.Timeouts.DEFAULT.withReading(LONG, LONG, 1);
  private static final byte[] PREDICT =
      RawHttp2.head("POST", "/predict", "content-type", "image/png");

  @TempDir Path folder;

  private ServedModel tiny() throws Exception {
    return ModelLoader.load(TinyModels.write(folder), 1);
  }

  private PredictionServer serve(ServedModel model, ServerSettings.Timeouts timeouts, int most)
      throws IOException {
    PredictionServer server =
        PredictionServer.bind(
            new ServerSettings(
                    "127.0.0.1",
                    0,
                    BatchPolicy.greedy(1),
                    new ServerSettings.Limits(1 << 20, 8, 16, 4 << 20, most, ImageLimits.DEFAULT),
                    2,
                    timeouts)
                .withAccess(ServerSettings.Access.DEFAULT.withTls(TestTls.files(folder))));
    assertThat(server.serve(model)).isEmpty();
    return server;
  }

  private static RawHttp2 ask(RawHttp2 connection, int stream) throws IOException {
    connection.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, PREDICT);
    connection.frame(RawHttp2.DATA, RawHttp2.END_STREAM, stream, IMAGE);
    return connection;
  }

  /**
   * Of a server that gives little time: a connection that this machine took too long for is tried
   * again, where the JDK's client fails.
   */
  private static void assertServesInTime(PredictionServer server) throws IOException {
    int status = 0;
    while (status == 0) {
      try (RawHttp2 client = shaken(server)) {
        status = ask(client.begin(), 1).status();
      } catch (EOFException e) {
        Thread.onSpinWait();
      }
    }
    assertThat(status).isEqualTo(200);
  }

  private static void assertServes(PredictionServer server) throws Exception {
    Client client = new Client(server.uri(), Version.HTTP_2, Optional.empty());
    assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
  }

  /** A handshake that takes this machine too long is ended as it should be, and tried again. */
  private static RawHttp2 shaken(PredictionServer server) {
    while (true) {
      try {
        return new RawHttp2(server.uri());
      } catch (IOException e) {
        Thread.onSpinWait();
      }
    }
  }

  private static Socket encrypted(PredictionServer server) {
    while (true) {
      try {
        return TestTls.connect(server.uri());
      } catch (IOException e) {
        Thread.onSpinWait();
      }
    }
  }

  private static Socket plain(PredictionServer server) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.uri().getPort());
    socket.setSoTimeout((int) LONG.toMillis());
    return socket;
  }

  private static void begin(Socket socket, byte[] bytes) throws IOException {
    try {
      socket.getOutputStream().write(bytes);
    } catch (SocketException e) {
      // the server has been faster than this machine, and has ended it
    }
  }

  private static boolean isEnded(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes().length < 100; // an alert at most
    } catch (SocketException e) {
      return true;
    }
  }

  /** Before the handshake, in its midst, after it, in the preface, and with bytes of no request. */
  @Test
  void connectionsWithoutARequestEnd() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD.withReading(SHORT, LONG, 1), 64);
        Socket silent = plain(server);
        Socket half = plain(server);
        Socket encrypted = encrypted(server);
        RawHttp2 shaken = shaken(server);
        RawHttp2 prefaced = shaken(server);
        RawHttp2 begun = shaken(server);
        RawHttp2 dribbling = shaken(server)) {
      begin(half, new byte[] {0x16, 3, 1, 1, 0, 1, 0});
      begin(encrypted, "GET /v2 HT".getBytes(ISO_8859_1));
      prefaced.write("PRI * HTTP/2".getBytes(ISO_8859_1));
      begun.begin();
      dribbling.begin();
      dribbling.frame(RawHttp2.HEADERS, 0, 1, Arrays.copyOf(PREDICT, 4)); // and never whole
      assertThat(isEnded(silent)).isTrue();
      assertThat(isEnded(half)).isTrue();
      assertThat(isEnded(encrypted)).isTrue();
      shaken.untilItEnds();
      prefaced.untilItEnds();
      begun.untilItEnds();
      dribbling.untilItEnds();
      assertServesInTime(server);
    }
  }

  /** Its bytes keep no connection alive that asks for nothing. */
  @Test
  void pingsAreNoRequests() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD.withReading(SHORT, LONG, 1), 64);
        RawHttp2 client = shaken(server)) {
      client.begin();
      boolean ended = false;
      while (!ended) {
        try {
          client.frame(RawHttp2.PING, 0, 0, new byte[8]);
          ended = client.next(RawHttp2.PING).isEmpty();
        } catch (IOException e) {
          ended = true;
        }
      }
      assertServesInTime(server);
    }
  }

  /** Where no one has shaken hands yet, too. */
  @Test
  void oneConnectionTooManyIsClosed() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD, 3);
        Socket first = plain(server);
        RawHttp2 second = new RawHttp2(server.uri()).begin();
        Socket third = TestTls.connect(server.uri());
        Socket fourth = plain(server)) {
      assertThat(isEnded(fourth)).isTrue();
      first.close();
      third.close();
      assertThat(ask(second, 1).status()).isEqualTo(200);
      int status = 0;
      while (status == 0) { // until the server has noticed
        try (RawHttp2 next = new RawHttp2(server.uri())) {
          status = ask(next.begin(), 1).status();
        } catch (IOException e) {
          Thread.sleep(1);
        }
      }
      assertThat(status).isEqualTo(200);
    }
  }

  @Test
  void streamsAreBounded() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD, 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin(); // and never acknowledges the server's settings
      for (int i = 0; i <= Http2Guard.MAX_STREAMS; i++) {
        client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, PREDICT);
      }
      Frame refused = client.next(RawHttp2.RST_STREAM).orElseThrow();
      assertThat(refused.stream()).isEqualTo(2 * Http2Guard.MAX_STREAMS + 1);
      assertThat(refused.resetCode()).isEqualTo(7); // REFUSED_STREAM
      assertServes(server);
    }
  }

  /** The others of the connection go on. */
  @Test
  void aBodyThatDoesNotComeIsAnswered408() throws Exception {
    Duration patience = Duration.ofMillis(100);
    try (PredictionServer server =
            serve(tiny(), ServerSettings.Timeouts.DEFAULT.withReading(LONG, patience, 1000), 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin();
      client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, PREDICT);
      assertThat(client.status()).isEqualTo(408);
      assertThat(client.next(RawHttp2.RST_STREAM).orElseThrow().stream()).isEqualTo(1);
      assertThat(ask(client, 3).status()).isEqualTo(200);
      assertThat(server.requests().refused()).isEqualTo(1);
    }
  }

  @Test
  void aHeaderThatIsTooLongIsAnswered431() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD, 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin();
      byte[] head = RawHttp2.head("GET", "/v2", "x-long", "a".repeat(8300));
      client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, head);
      assertThat(client.status()).isEqualTo(431);
      assertServes(server);
    }
  }

  /** What a client has given up is neither decoded nor run. */
  @Test
  void aStreamThatIsResetIsNotWorkedFor() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    ServedModel tiny = tiny();
    ServedModel gated =
        tiny.withNetwork(
            (inputs, count) -> {
              if (inputs.get(0) < 0.5) { // neither the golden image nor the warm-up
                open.await();
              }
              return tiny.network().run(inputs, count);
            });
    try (PredictionServer server = serve(gated, STANDARD, 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin();
      for (int i = 0; i < 8; i++) {
        ask(client, 2 * i + 1);
      }
      while (server.imagesInFlight() < 8) {
        Thread.sleep(1);
      }
      for (int i = 0; i < 8; i++) {
        client.frame(RawHttp2.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
      }
      while (server.requests().gone() < 8) {
        Thread.sleep(1);
      }
      open.countDown();
      while (server.imagesInFlight() > 0) {
        Thread.sleep(1);
      }
      assertThat(ask(client, 101).status()).isEqualTo(200);
      assertThat(server.batches().images()).isEqualTo(1 + 1);
      assertThat(server.batches().cancelled()).isEqualTo(7);
    }
  }

  /** CVE-2023-44487: streams that are opened and reset at once. */
  @Test
  void aFloodOfResetsEndsItsConnection() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD, 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin();
      Thread flood = new Thread(() -> flood(client));
      flood.start();
      Frame end = client.next(RawHttp2.GOAWAY).orElseThrow();
      assertThat(end.stream()).isZero();
      client.untilItEnds();
      client.close();
      flood.join();
      assertServes(server);
      assertThat(server.requests().failed()).isZero();
    }
  }

  private static void flood(RawHttp2 client) {
    try {
      for (int i = 0; i < 5000; i++) {
        client.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, PREDICT);
        client.frame(RawHttp2.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
      }
    } catch (IOException e) {
      // the server has ended it
    }
  }

  /** A method's letters have a case; and a stream's number is the server's to say. */
  @Test
  void whatRequestsMustNotSay() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD, 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      client.begin();
      client.frame(
          RawHttp2.HEADERS,
          RawHttp2.END_HEADERS | RawHttp2.END_STREAM,
          1,
          RawHttp2.head("post", "/predict"));
      assertThat(client.next(RawHttp2.RST_STREAM).orElseThrow().resetCode()).isEqualTo(1);
      client.frame(
          RawHttp2.HEADERS,
          RawHttp2.END_HEADERS,
          3,
          RawHttp2.head("POST", "/predict", "x-http2-stream-id", "99", "content-length", "8"));
      client.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, IMAGE);
      assertThat(client.next(RawHttp2.RST_STREAM).orElseThrow().resetCode()).isEqualTo(1);
      assertThat(ask(client, 5).status()).isEqualTo(200);
    }
  }

  /** It is told so, what it has asked is answered, and its connection ends. */
  @Test
  void aStopTellsAndAnswers() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    ServedModel tiny = tiny();
    ServedModel gated =
        tiny.withNetwork(
            (inputs, count) -> {
              if (inputs.get(0) < 0.5) {
                open.await();
              }
              return tiny.network().run(inputs, count);
            });
    try (PredictionServer server =
            serve(gated, STANDARD.withStop(Duration.ZERO, Duration.ofMinutes(10)), 64);
        RawHttp2 client = new RawHttp2(server.uri())) {
      ask(client.begin(), 1);
      while (server.imagesInFlight() < 1) {
        Thread.sleep(1);
      }
      Thread stop = new Thread(server::close);
      stop.start();
      open.countDown();
      List<Frame> frames = client.untilItEnds();
      assertThat(frames)
          .filteredOn(f -> f.status() != 0)
          .extracting(Frame::status)
          .containsExactly(200);
      assertThat(frames)
          .filteredOn(f -> f.type() == RawHttp2.GOAWAY)
          .first()
          .extracting(Frame::lastStream)
          .isEqualTo(Integer.MAX_VALUE);
      stop.join();
    }
  }
}
