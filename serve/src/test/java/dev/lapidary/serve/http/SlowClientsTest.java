package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.RawClient;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that send slowly, or not at all, or go away: they cost what they sent, and others go on.
 */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class SlowClientsTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final int BODY_BYTES = 1 << 20;
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final ServerSettings.Timeouts STANDARD =
      ServerSettings.Timeouts.DEFAULT.withReading(LONG, LONG, 1);

  @TempDir Path folder;
  private final List<RawClient> clients = new ArrayList<>();

  private ServedModel tiny() throws Exception {
    return ModelLoader.load(TinyModels.write(folder), 1);
  }

  private PredictionServer serve(ServedModel model, ServerSettings.Timeouts timeouts) {
    PredictionServer server =
        PredictionServer.bind(
            new ServerSettings(
                "127.0.0.1",
                0,
                BatchPolicy.greedy(1),
                new ServerSettings.Limits(
                    BODY_BYTES, 8, 16, 4 * BODY_BYTES, 64, ImageLimits.DEFAULT),
                2,
                timeouts));
    assertThat(server.serve(model)).isEmpty();
    return server;
  }

  private RawClient connect(PredictionServer server, String start) throws IOException {
    RawClient client = new RawClient(server.uri());
    client.send(start.getBytes(ISO_8859_1));
    clients.add(client);
    return client;
  }

  private void closeAll() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }

  private static String head(String... headers) {
    return "POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: image/png\r\n"
        + String.join("\r\n", headers)
        + "\r\n\r\n";
  }

  private static void assertServes(PredictionServer server) throws Exception {
    Client client = new Client(server.uri());
    for (int i = 0; i < 3; i++) {
      assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
    }
  }

  /** A request that is counted is not yet answered, nor is one that is answered not yet counted. */
  private static RequestCounts.Snapshot whenAllHaveEnded(PredictionServer server, int received)
      throws InterruptedException {
    while (server.requests().received() < received || server.requests().open() > 0) {
      Thread.sleep(1);
    }
    return server.requests();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 1000000",
        "Transfer-Encoding: chunked",
        "Content-Length: 1000000\r\nContent-Encoding: gzip",
        "Content-Length: 1000000\r\nX-Deadline-Ms: 600000"
      })
  void bodiesThatDoNotComeTakeNoOnesPlace(String length) throws Exception {
    Duration patience = Duration.ofMillis(600);
    try (PredictionServer server =
        serve(tiny(), ServerSettings.Timeouts.DEFAULT.withReading(LONG, patience, 1000))) {
      for (int i = 0; i < 24; i++) { // more than images in the queue, and than bodies in memory
        connect(server, head(length));
      }
      assertServes(server);
      for (RawClient client : clients) {
        assertThat(client.status()).isEqualTo(408);
        assertThat(client.isClosed()).isTrue();
      }
      assertThat(whenAllHaveEnded(server, 27))
          .isEqualTo(new RequestCounts.Snapshot(27, 3, 24, 0, 0, 0));
    } finally {
      closeAll();
    }
  }

  @Test
  void saysHowSlowABodyIs() throws Exception {
    Duration patience = Duration.ofMillis(100);
    try (PredictionServer server =
        serve(tiny(), ServerSettings.Timeouts.DEFAULT.withReading(LONG, patience, 1000))) {
      RawClient.Answer answer = connect(server, head("Content-Length: 1000")).answer();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.head().toLowerCase(Locale.ROOT)).contains("connection: close");
      assertThat(answer.body())
          .contains("\"code\":\"too_slow\"")
          .containsPattern("0 bytes of the body came in \\d+ ms, expected at least 1000 a second");
    } finally {
      closeAll();
    }
  }

  /** What came holds memory; where that runs out, those that went quiet give way. */
  @Test
  void bodiesThatStopGiveWayToOnesThatCome() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD)) {
      byte[] most = new byte[BODY_BYTES * 9 / 10];
      for (int i = 0; i < 4; i++) {
        connect(server, head("Content-Length: " + BODY_BYTES)).send(most);
      }
      Thread.sleep(2500); // by then their rates say something
      byte[] padded = Arrays.copyOf(IMAGE, BODY_BYTES); // a PNG ends at its last chunk
      Client client = new Client(server.uri());
      assertThat(client.post("/predict", "image/png", padded).statusCode()).isEqualTo(200);
      assertThat(server.requests().refused()).isBetween(1L, 3L);
      closeAll();
    }
  }

  @Test
  void aHeaderThatDribblesEndsItsConnection() throws Exception {
    Duration patience = Duration.ofMillis(300);
    try (PredictionServer server =
        serve(tiny(), ServerSettings.Timeouts.DEFAULT.withReading(patience, LONG, 1))) {
      RawClient silent = connect(server, "");
      RawClient dribbling = connect(server, "POST /predict HTT");
      for (int i = 0; i < 5; i++) {
        dribbling.send(new byte[] {'a'});
        Thread.sleep(30);
      }
      assertThat(silent.isClosed()).isTrue();
      assertThat(dribbling.isClosed()).isTrue();
      assertServes(server);
    } finally {
      closeAll();
    }
  }

  @Test
  void oneConnectionTooManyIsClosed() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD)) {
      for (int i = 0; i < 64; i++) {
        assertThat(connect(server, head("Content-Length: 0")).status()).isEqualTo(400);
      }
      assertThat(connect(server, "").isClosed()).isTrue();
      clients.get(0).close();
      int status = 0;
      while (status == 0) { // until the server has noticed
        try (RawClient next = new RawClient(server.uri())) {
          next.send(RawClient.request(IMAGE, 1));
          status = next.status();
        } catch (IOException e) {
          Thread.sleep(1);
        }
      }
      assertThat(status).isEqualTo(200);
    } finally {
      closeAll();
    }
  }

  /** Its buffers are given back: {@link NoLeaks} looks for them. */
  @Test
  void aBodyThatOutlastsItsDeadlineIsAnsweredThen() throws Exception {
    try (PredictionServer server = serve(tiny(), STANDARD)) {
      byte[] half = new byte[BODY_BYTES / 2];
      for (int i = 0; i < 6; i++) {
        RawClient client =
            connect(server, head("Content-Length: " + BODY_BYTES, "X-Deadline-Ms: 100"));
        client.send(half);
        assertThat(client.status()).isEqualTo(504);
        client.send(half); // which is let go
      }
      for (RawClient client : clients) {
        client.send(RawClient.request(IMAGE, 1)); // the connection is as good as before
        assertThat(client.status()).isEqualTo(200);
      }
      assertThat(whenAllHaveEnded(server, 12))
          .isEqualTo(new RequestCounts.Snapshot(12, 6, 0, 6, 0, 0));
    } finally {
      closeAll();
    }
  }

  @Test
  void noDeadlineIsLongerThanTheServers() throws Exception {
    Duration most = Duration.ofMillis(200);
    CountDownLatch open = new CountDownLatch(1);
    try (PredictionServer server = serve(gated(open), STANDARD.withDeadlines(most, most))) {
      RawClient client =
          connect(server, head("Content-Length: " + IMAGE.length, "X-Deadline-Ms: 600000"));
      client.send(IMAGE);
      assertThat(client.status()).isEqualTo(504);
      open.countDown();
    } finally {
      closeAll();
    }
  }

  private ServedModel gated(CountDownLatch open) throws Exception {
    ServedModel tiny = tiny();
    return tiny.withNetwork(
        (inputs, count) -> {
          if (inputs.get(0) < 0.5) { // neither the golden image nor the warm-up
            open.await();
          }
          return tiny.network().run(inputs, count);
        });
  }

  /** What they asked for is dropped: only the image that ran already is run. */
  @Test
  void clientsThatGoAwayAreNotWorkedFor() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (PredictionServer server = serve(gated(open), STANDARD)) {
      for (int i = 0; i < 8; i++) {
        connect(server, head("Content-Length: " + IMAGE.length)).send(IMAGE);
      }
      connect(server, head("Content-Length: " + IMAGE.length)).send(new byte[] {1});
      while (server.imagesInFlight() < 8 || server.requests().received() < 9) {
        Thread.sleep(1);
      }
      closeAll();
      assertThat(whenAllHaveEnded(server, 9))
          .isEqualTo(new RequestCounts.Snapshot(9, 0, 0, 0, 9, 0));
      open.countDown();
      while (server.imagesInFlight() > 0) {
        Thread.sleep(1);
      }
      assertServes(server);
      assertThat(server.batches().images()).isEqualTo(1 + 3);
      assertThat(server.batches().cancelled()).isEqualTo(7);
    }
  }

  @Test
  void aPackedBodyHoldsWhatItUnpacksTo() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(Arrays.copyOf(IMAGE, BODY_BYTES));
    }
    try (PredictionServer server = serve(tiny(), STANDARD)) {
      for (int i = 0; i < 8; i++) { // one after the other: each gives back what it held
        RawClient client =
            connect(server, head("Content-Length: " + packed.size(), "Content-Encoding: gzip"));
        client.send(packed.toByteArray());
        assertThat(client.status()).isEqualTo(200);
      }
    } finally {
      closeAll();
    }
  }
}
