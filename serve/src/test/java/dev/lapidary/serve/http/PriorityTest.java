package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.admission.PriorityLevels;
import dev.lapidary.serve.grpc.message.OpenInference.InferParameter;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.awt.Color;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Who is more urgent goes first, and is refused last, whichever way he comes. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class PriorityTest {
  @TempDir Path folder;
  private final CountDownLatch open = new CountDownLatch(1);

  /** The reds of images, in the order in which they ran. */
  private final List<Integer> ran = Collections.synchronizedList(new ArrayList<>());

  private ServedModel gated() throws Exception {
    ServedModel tiny = ModelLoader.load(TinyModels.write(folder), 1);
    return tiny.withNetwork(
        (inputs, count) -> {
          if (inputs.get(0) < 0.5) { // neither the golden image nor what warms it up
            open.await();
            ran.add(Math.round(inputs.get(0) * 255));
          }
          return tiny.network().run(inputs, count);
        });
  }

  private static ServerSettings settings(int queue) {
    return new ServerSettings(
            "127.0.0.1",
            0,
            BatchPolicy.greedy(1),
            new ServerSettings.Limits(1 << 20, 8, queue, 8 << 20, 64, ImageLimits.DEFAULT),
            2,
            ServerSettings.Timeouts.DEFAULT)
        .withPriorities(new PriorityLevels(2, 2));
  }

  private static byte[] image(int red) {
    return TinyModels.png(new Color(red, 200, 30), 8, 8);
  }

  private static CompletableFuture<HttpResponse<byte[]>> predict(
      Client client, int red, String priority) throws Exception {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.send(
                client
                    .request("/predict", "image/png")
                    .header("X-Priority", priority)
                    .POST(BodyPublishers.ofByteArray(image(red))));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        task -> new Thread(task).start());
  }

  private static byte[] infer(int red, String parameters) {
    return "{%s\"inputs\":[{\"name\":\"input\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"%s\"]}]}"
        .formatted(parameters, Base64.getEncoder().encodeToString(image(red)))
        .getBytes(UTF_8);
  }

  private static String named(String priority) {
    return "\"parameters\":{\"priority\":" + priority + "},";
  }

  private static ModelInferRequest call(int red, long priority) {
    InferParameter named = InferParameter.newBuilder().setInt64Param(priority).build();
    return GrpcClient.images(image(red)).toBuilder().putParameters("priority", named).build();
  }

  private static void awaitInFlight(PredictionServer server, int images) throws Exception {
    while (server.imagesInFlight() < images) {
      Thread.sleep(1);
    }
  }

  @Test
  void theUrgentGoFirstAndAreRefusedLast() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(8));
        GrpcClient calls = new GrpcClient(server.listenGrpc(0))) {
      assertThat(server.serve(gated())).isEmpty();
      Client client = new Client(server.uri());
      List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
      answers.add(predict(client, 1, "2"));
      awaitInFlight(server, 1);
      answers.add(client.postAsync("/predict", "image/png", image(2))); // the usual one, 2
      awaitInFlight(server, 2);
      String path = "/v2/models/tiny/infer";
      answers.add(client.postAsync(path, "application/json", infer(3, named("0"))));
      awaitInFlight(server, 3);
      answers.add(client.postAsync(path, "application/json", infer(4, named("77"))));
      awaitInFlight(server, 4);

      // Half of eight is full, so the less urgent are refused, each in its words.
      HttpResponse<byte[]> refused = predict(client, 5, "2").join();
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(Client.json(refused).get("code").asText()).isEqualTo("queue_full");
      assertThat(client.post(path, "application/json", infer(5, "")).statusCode()).isEqualTo(429);
      assertThatThrownBy(() -> calls.infer(call(5, 2)))
          .isInstanceOf(StatusRuntimeException.class)
          .extracting(e -> ((StatusRuntimeException) e).getStatus().getCode())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

      answers.add(predict(client, 11, "1"));
      awaitInFlight(server, 5);
      answers.add(client.postAsync(path, "application/json", infer(12, named("1"))));
      awaitInFlight(server, 6);
      var call = calls.infer(call(13, 1), 50_000);
      awaitInFlight(server, 7);
      answers.add(predict(client, 14, "1"));
      awaitInFlight(server, 8);
      assertThat(predict(client, 15, "1").join().statusCode()).isEqualTo(429);
      awaitDecoded(client); // and in the network's queue

      open.countDown();
      for (CompletableFuture<HttpResponse<byte[]>> each : answers) {
        assertThat(each.join().statusCode()).isEqualTo(200);
      }
      assertThat(call.join().getModelName()).isEqualTo("tiny");
      assertThat(ran).hasSize(8).startsWith(1).containsSubsequence(11, 2);
      assertThat(ran.subList(1, 5)).containsExactlyInAnyOrder(11, 12, 13, 14);
      assertThat(ran.subList(5, 8)).containsExactlyInAnyOrder(2, 3, 4);
      requireCounted(client);
    }
  }

  private static void awaitDecoded(Client client) throws Exception {
    String none = "lapidary_priority_held_pixels{priority=\"%d\"} 0.0\n";
    String metrics = "";
    while (!metrics.contains(none.formatted(1)) || !metrics.contains(none.formatted(2))) {
      Thread.sleep(1);
      metrics = new String(client.get("/metrics").body(), UTF_8);
    }
  }

  private static void requireCounted(Client client) throws Exception {
    assertThat(new String(client.get("/metrics").body(), UTF_8))
        .contains(
            "lapidary_priority_images_total{priority=\"1\"} 4.0\n",
            "lapidary_priority_images_total{priority=\"2\"} 4.0\n",
            "lapidary_priority_refused_total{priority=\"1\"} 1.0\n",
            "lapidary_priority_refused_total{priority=\"2\"} 3.0\n",
            "lapidary_priority_request_duration_seconds_count{priority=\"1\"} 4\n",
            "lapidary_priority_held_images{priority=\"2\"} 0.0\n");
  }

  @Test
  void whatIsNoPriorityIsRefused() throws Exception {
    open.countDown();
    try (PredictionServer server = PredictionServer.bind(settings(8));
        GrpcClient calls = new GrpcClient(server.listenGrpc(0))) {
      assertThat(server.serve(gated())).isEmpty();
      Client client = new Client(server.uri());
      for (String wrong : List.of("0", "3", "-1", "high", "1.0")) {
        HttpResponse<byte[]> refused = predict(client, 1, wrong).join();
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(Client.json(refused).get("detail").asText())
            .isEqualTo("X-Priority must be a whole number in 1..2 but is '" + wrong + "'");
      }
      String path = "/v2/models/tiny/infer";
      HttpResponse<byte[]> text = client.post(path, "application/json", infer(1, named("\"1\"")));
      assertThat(new String(text.body(), UTF_8))
          .startsWith("{\"error\":\"parameters.priority: expected a whole number");
      HttpResponse<byte[]> less = client.post(path, "application/json", infer(1, named("-1")));
      assertThat(new String(less.body(), UTF_8))
          .isEqualTo("{\"error\":\"parameters.priority is -1, expected at least 0\"}");
      assertThatThrownBy(() -> calls.infer(call(1, -1)))
          .hasMessage("INVALID_ARGUMENT: parameter 'priority' is -1, expected at least 0");
      byte[] large = infer(1, named("99999999999999999999")); // as one that is not there
      assertThat(client.post(path, "application/json", large).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void withoutLevelsAllAreEqual() throws Exception {
    open.countDown();
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      assertThat(server.serve(gated())).isEmpty();
      Client client = new Client(server.uri());
      assertThat(predict(client, 1, "high").join().statusCode()).isEqualTo(200);
      byte[] named = infer(1, named("7"));
      assertThat(client.post("/v2/models/tiny/infer", "application/json", named).statusCode())
          .isEqualTo(200);
      assertThat(new String(client.get("/metrics").body(), UTF_8))
          .doesNotContain("lapidary_priority");
    }
  }

  @Test
  void imagesAreDecodedByTheirPriorities() throws Exception {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(5);
    try (Workers workers = new Workers(1, true)) {
      workers.decode(
          2,
          () -> {
            try {
              open.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      int[] priorities = {2, 1, 3, 1, 2};
      for (int i = 0; i < priorities.length; i++) {
        int number = i;
        workers.decode(
            priorities[i],
            () -> {
              order.add(number);
              all.countDown();
            });
      }
      open.countDown();
      all.await();
    }
    assertThat(order).containsExactly(1, 3, 0, 4, 2);
  }
}
