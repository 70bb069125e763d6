package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.RawClient;
import java.awt.Color;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Loading, overload, deadlines and the stop, with a network that waits until it is let go. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class LifecycleTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);

  private ServedModel tiny() throws Exception {
    return ModelLoader.load(TinyModels.write(folder), 1);
  }

  private ServedModel gated() throws Exception {
    ServedModel tiny = tiny();
    return tiny.withNetwork(
        (inputs, count) -> {
          if (count == 1 && inputs.get(0) < 0.5) { // not the golden image
            entered.countDown();
            open.await();
          }
          return tiny.network().run(inputs, count);
        });
  }

  private static ServerSettings settings(int queue, int maxBatch) {
    return new ServerSettings(
        "127.0.0.1",
        0,
        BatchPolicy.greedy(maxBatch),
        new ServerSettings.Limits(1 << 20, 8, queue, 8 << 20, 64, ImageLimits.DEFAULT),
        2,
        ServerSettings.Timeouts.DEFAULT);
  }

  @Test
  void answers503WhileLoading() throws Exception {
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      Client client = new Client(server.uri());
      assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
      HttpResponse<byte[]> ready = client.get("/v2/health/ready");
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(new String(ready.body(), UTF_8))
          .isEqualTo("{\"ready\":false,\"reason\":\"the model is loading\"}");
      HttpResponse<byte[]> predict = client.post("/predict", "image/png", IMAGE);
      assertThat(predict.statusCode()).isEqualTo(503);
      assertThat(Client.json(predict).get("code").asText()).isEqualTo("loading");
      assertThat(server.serve(tiny())).isEmpty();
      assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void isNotReadyIfTheGoldenCheckFails() throws Exception {
    Path file = TinyModels.write(folder, Optional.of(TinyModels.card(TinyModels.golden(0.02f))));
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      ServedModel model = ModelLoader.load(file, 1);
      String reason = "golden image 0: logit 0 is 0.980392, expected 1.00039 within 0.0100";
      assertThat(server.serve(model)).hasValue(reason);
      Client client = new Client(server.uri());
      assertThat(Client.json(client.get("/v2/health/ready")).get("reason").asText())
          .isEqualTo(reason);
      HttpResponse<byte[]> predict = client.post("/predict", "image/png", IMAGE);
      assertThat(predict.statusCode()).isEqualTo(503);
      JsonNode problem = Client.json(predict);
      assertThat(problem.get("code").asText()).isEqualTo("golden_check_failed");
      assertThat(problem.get("detail").asText()).isEqualTo(reason);
    }
  }

  @Test
  void answers429WhenTheQueueIsFullAndRecovers() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(3, 8))) {
      assertThat(server.serve(gated())).isEmpty();
      Client client = new Client(server.uri());
      List<CompletableFuture<HttpResponse<byte[]>>> accepted = new ArrayList<>();
      accepted.add(client.postAsync("/predict", "image/png", IMAGE));
      entered.await();
      byte[] two = Client.multipart("b", "f", "1", IMAGE, "f", "2", IMAGE);
      accepted.add(client.postAsync("/predict", "multipart/form-data; boundary=b", two));
      awaitInFlight(server, 3);
      HttpResponse<byte[]> refused = client.post("/predict", "image/png", IMAGE);
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("Retry-After")).contains("1");
      assertThat(refused.headers().firstValueAsLong("retry-after-ms").orElseThrow())
          .isBetween(10L, 1000L);
      assertThat(Client.json(refused).get("code").asText()).isEqualTo("queue_full");
      assertThat(Client.json(refused).get("detail").asText())
          .isEqualTo("the queue is full with 3 images; try again in 1 s");
      open.countDown();
      assertThat(accepted).allMatch(a -> a.join().statusCode() == 200);
      assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
    }
  }

  /** The only image in flight has taken 300 ms before, at the least. */
  @Test
  void refusesAtOnceADeadlineThatTheQueueLeavesNoTimeFor() throws Exception {
    ServedModel tiny = tiny();
    CountDownLatch second = new CountDownLatch(2);
    ServedModel slow =
        tiny.withNetwork(
            (inputs, count) -> {
              if (inputs.get(0) < 0.5) {
                second.countDown();
                Thread.sleep(300);
                if (second.getCount() == 0) {
                  open.await();
                }
              }
              return tiny.network().run(inputs, count);
            });
    try (PredictionServer server = PredictionServer.bind(settings(8, 1))) {
      assertThat(server.serve(slow)).isEmpty();
      Client client = new Client(server.uri());
      assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
      CompletableFuture<HttpResponse<byte[]>> before =
          client.postAsync("/predict", "image/png", IMAGE);
      second.await();
      HttpResponse<byte[]> refused =
          client.send(
              client
                  .request("/predict", "image/png")
                  .header("X-Deadline-Ms", "100")
                  .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(IMAGE)));
      assertThat(refused.statusCode()).isEqualTo(504);
      assertThat(Client.json(refused).get("code").asText()).isEqualTo("deadline_unmeetable");
      assertThat(Client.json(refused).get("detail").asText())
          .matches("the queue needs about \\d+ ms but the deadline leaves \\d+ ms");
      open.countDown();
      assertThat(before.join().statusCode()).isEqualTo(200);
      assertThat(server.batches().images()).isEqualTo(2);
    }
  }

  /** So that whoever asks for its readiness sends the next requests elsewhere, and none is lost. */
  @Test
  void aStopThatIsAnnouncedStillAnswersAndEndsConnections() throws Exception {
    Duration delay = Duration.ofMillis(1500);
    PredictionServer server =
        PredictionServer.bind(
            settings(8, 1)
                .withTimeouts(
                    ServerSettings.Timeouts.DEFAULT.withStop(delay, Duration.ofSeconds(30))));
    assertThat(server.serve(tiny())).isEmpty();
    Client client = new Client(server.uri());
    HttpResponse<byte[]> before = client.post("/predict", "image/png", IMAGE);
    assertThat(before.headers().firstValue("Connection")).isEmpty();
    Thread closer = new Thread(server::close);
    closer.start();
    HttpResponse<byte[]> ready = client.get("/v2/health/ready");
    while (ready.statusCode() == 200) {
      ready = client.get("/v2/health/ready");
    }
    assertThat(Client.json(ready).get("reason").asText()).isEqualTo("the server is stopping");
    assertThat(ready.headers().firstValue("Connection")).contains("close");
    HttpResponse<byte[]> during = client.post("/predict", "image/png", IMAGE);
    assertThat(during.statusCode()).isEqualTo(200);
    assertThat(during.headers().firstValue("Connection")).contains("close");
    assertThat(client.get("/nothing").headers().firstValue("Connection")).contains("close");
    closer.join();
  }

  @Test
  void refusesABatchThatNoMemoryHolds() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(8, 100_000_000))) {
      ServedModel model = tiny();
      assertThatThrownBy(() -> server.serve(model))
          .isInstanceOf(Failure.class)
          .hasMessageMatching(
              "--max-batch 100000000 takes 73242 MB for the largest batch, expected at most \\d+ MB"
                  + " on this JVM; up to \\d+ images fit");
      assertThat(new Client(server.uri()).get("/v2/health/ready").statusCode()).isEqualTo(503);
    }
  }

  private static void awaitInFlight(PredictionServer server, int images)
      throws InterruptedException {
    while (server.imagesInFlight() < images) {
      Thread.sleep(1);
    }
  }

  @Test
  void refusesMoreImagesThanTheQueueHolds() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(3, 8))) {
      assertThat(server.serve(tiny())).isEmpty();
      Client client = new Client(server.uri());
      byte[] four =
          Client.multipart("b", "f", "1", IMAGE, "f", "2", IMAGE, "f", "3", IMAGE, "f", "4", IMAGE);
      assertThat(client.post("/predict", "multipart/form-data; boundary=b", four).statusCode())
          .isEqualTo(413);
    }
  }

  @Test
  void answers504AtTheDeadline() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(8, 1))) {
      assertThat(server.serve(gated())).isEmpty();
      Client client = new Client(server.uri());
      CompletableFuture<HttpResponse<byte[]>> first =
          client.postAsync("/predict", "image/png", IMAGE);
      entered.await();
      HttpResponse<byte[]> late =
          client.send(
              client
                  .request("/predict", "image/png")
                  .header("X-Deadline-Ms", "50")
                  .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(IMAGE)));
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(Client.json(late).get("code").asText()).isEqualTo("deadline_passed");
      open.countDown();
      assertThat(first.join().statusCode()).isEqualTo(200);
    }
  }

  /** Often, because what it looks for is a race: an answer that is found but not yet sent. */
  @RepeatedTest(20)
  void aStopAnswersWhatWasAccepted() throws Exception {
    PredictionServer server = PredictionServer.bind(settings(8, 1));
    assertThat(server.serve(gated())).isEmpty();
    Client client = new Client(server.uri());
    List<CompletableFuture<HttpResponse<byte[]>>> accepted = new ArrayList<>();
    accepted.add(client.postAsync("/predict", "image/png", IMAGE));
    entered.await();
    byte[] two = Client.multipart("b", "f", "1", IMAGE, "f", "2", IMAGE);
    accepted.add(client.postAsync("/predict", "multipart/form-data; boundary=b", two));
    awaitInFlight(server, 3);
    Thread closer = new Thread(server::close);
    closer.start();
    while (client.get("/v2/health/ready").statusCode() == 200) {
      Thread.sleep(1);
    }
    HttpResponse<byte[]> refused = client.post("/predict", "image/png", IMAGE);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(Client.json(refused).get("code").asText()).isEqualTo("draining");
    open.countDown();
    for (CompletableFuture<HttpResponse<byte[]>> answer : accepted) {
      assertThat(answer.join().statusCode()).isEqualTo(200);
    }
    closer.join();
    assertThat(server.imagesInFlight()).isZero();
    assertThatThrownBy(() -> client.get("/v2/health/live")).isInstanceOf(ConnectException.class);
  }

  /** Whether its connection had a request before, has one unread, or is not accepted yet. */
  @RepeatedTest(5)
  void aStopAnswersWhatWasSentOnAnyConnection() throws Exception {
    PredictionServer server = PredictionServer.bind(settings(64, 1));
    assertThat(server.serve(tiny())).isEmpty();
    byte[] request = RawClient.request(IMAGE, 1);
    try (RawClient used = new RawClient(server.uri());
        RawClient unused = new RawClient(server.uri())) {
      used.send(request);
      assertThat(used.status()).isEqualTo(200);
      List<RawClient> late = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        late.add(new RawClient(server.uri()));
        late.get(i).send(request);
      }
      used.send(request);
      unused.send(request);
      server.close();
      for (RawClient client : late) {
        assertThat(client.status()).isIn(200, 503);
        assertThat(client.isClosed()).isTrue();
        client.close();
      }
      assertThat(used.status()).isIn(200, 503);
      assertThat(unused.status()).isIn(200, 503);
    }
  }

  @Test
  void saysThatThePortIsTaken() {
    try (PredictionServer first = PredictionServer.bind(ServerSettings.local())) {
      ServerSettings local = ServerSettings.local();
      ServerSettings same =
          new ServerSettings(
              local.host(),
              first.uri().getPort(),
              local.batch(),
              local.limits(),
              1,
              local.timeouts());
      assertThatThrownBy(() -> PredictionServer.bind(same))
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("cannot listen on 127.0.0.1:" + first.uri().getPort())
          .hasMessageEndingWith("choose another --port");
    }
  }
}
