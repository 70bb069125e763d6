package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.RawClient;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse;
import dev.lapidary.serve.repository.TrafficSplit;
import io.grpc.Status;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever becomes of a request, it is counted once: more than can be answered, over HTTP and gRPC,
 * of two models behind one name, with clients that go away, deadlines that pass and images that are
 * none.
 */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class ReceivedIsAnsweredTest {
  private static final int QUEUE = 4;
  private static final int CLIENTS = 6;
  private static final int REQUESTS = 24;
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final byte[] NONE = Arrays.copyOf(IMAGE, 20);

  @TempDir Path folder;
  private final CountDownLatch open = new CountDownLatch(1);

  /** What those saw who stayed until they were answered, and how many did not. */
  private final AtomicInteger classified = new AtomicInteger();

  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger late = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();

  private ReadModel read(Path file) {
    ServedModel model = ModelLoader.load(file, 1);
    return new ReadModel.OfImages(
        model.withNetwork(
            (inputs, count) -> {
              if (inputs.get(0) < 0.5) { // neither the golden image nor the warm-up
                open.await();
                Thread.sleep(2);
              }
              return model.network().run(inputs, count);
            }));
  }

  private PredictionServer serve() throws Exception {
    for (String name : List.of("shoes", "shoes-new")) {
      Path made = TinyModels.write(Files.createTempDirectory(folder, ".made"));
      Files.move(made, folder.resolve(name + ".onnx"));
    }
    PredictionServer server =
        PredictionServer.bind(
            new ServerSettings(
                "127.0.0.1",
                0,
                BatchPolicy.greedy(2),
                new ServerSettings.Limits(1 << 20, 8, QUEUE, 4 << 20, 64, ImageLimits.DEFAULT),
                2,
                ServerSettings.Timeouts.DEFAULT));
    server.split(List.of(TrafficSplit.parse("all=shoes:0.75,shoes-new:0.25")));
    return server;
  }

  private static byte[] request(String path, String headers, byte[] body) {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        "POST %s HTTP/1.1\r\nHost: test\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(path, headers, body.length)
            .getBytes(ISO_8859_1));
    request.writeBytes(body);
    return request.toByteArray();
  }

  private static byte[] predict(byte[] image, int deadlineMillis) {
    return request(
        "/predict/all",
        "Content-Type: image/png\r\nX-Deadline-Ms: %d\r\n".formatted(deadlineMillis),
        image);
  }

  private static byte[] infer() {
    return request(
        "/v2/models/all/infer",
        "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: 0\r\n",
        IMAGE);
  }

  private static ModelInferRequest call() {
    return GrpcClient.images(IMAGE).toBuilder().setModelName("all").build();
  }

  private static void await(PredictionServer server, int images) throws InterruptedException {
    while (server.imagesInFlight() != images) {
      Thread.sleep(1);
    }
  }

  @Test
  void whateverBecomesOfARequestIsCountedOnce() throws Exception {
    try (PredictionServer server = serve();
        GrpcClient grpc = new GrpcClient(server.listenGrpc(0))) {
      server.serve(folder, false, false, this::read);
      leaveAFullQueue(server, grpc);
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int first = i;
        Thread client = new Thread(() -> ask(server, grpc, first));
        client.start();
        clients.add(client);
      }
      for (Thread client : clients) {
        client.join();
      }
      requireCountedOnce(server);
    } finally {
      open.countDown();
    }
  }

  /** Nothing is answered meanwhile, so it is known what each is counted as. */
  private void leaveAFullQueue(PredictionServer server, GrpcClient grpc) throws Exception {
    try (RawClient stays = new RawClient(server.uri());
        RawClient leaves = new RawClient(server.uri());
        RawClient leavesToo = new RawClient(server.uri());
        RawClient tooMany = new RawClient(server.uri())) {
      stays.send(predict(IMAGE, 60_000));
      await(server, 1);
      leaves.send(infer());
      await(server, 2);
      leavesToo.send(predict(IMAGE, 60_000));
      await(server, 3);
      CompletableFuture<ModelInferResponse> call = grpc.infer(call(), 60_000);
      await(server, 4);
      tooMany.send(infer());
      assertThat(tooMany.status()).isEqualTo(429);
      assertThat(grpc.refusal(call()).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(server.requests().open()).isEqualTo(4);
      leaves.close();
      leavesToo.close();
      call.cancel(false);
      while (server.requests().gone() < 3) {
        Thread.sleep(1);
      }
      open.countDown();
      assertThat(stays.status()).isEqualTo(200);
    }
    await(server, 0);
    assertThat(server.requests()).isEqualTo(new RequestCounts.Snapshot(6, 1, 2, 0, 3, 0));
    assertThat(begun(metrics(new Client(server.uri())))).isEqualTo(4); // also those that left
    classified.set(1);
    refused.set(2);
    left.set(3);
  }

  private void ask(PredictionServer server, GrpcClient grpc, int first) {
    for (int i = first; i < first + REQUESTS; i++) {
      try {
        switch (i % 6) {
          case 0 -> stay(server, predict(IMAGE, 60_000));
          case 1 -> stay(server, infer());
          case 2 -> stay(server, predict(i % 4 == 0 ? NONE : IMAGE, 1 + i % 7));
          case 3 -> leave(server, i % 2 == 0 ? infer() : predict(IMAGE, 60_000), i % 5);
          case 4 -> stay(grpc);
          default -> leave(grpc, i % 5);
        }
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void stay(PredictionServer server, byte[] request) throws IOException {
    try (RawClient client = new RawClient(server.uri())) {
      client.send(request);
      switch (client.status()) {
        case 200, 422 -> classified.incrementAndGet();
        case 429 -> refused.incrementAndGet();
        case 504 -> late.incrementAndGet();
        default -> throw new AssertionError("another status");
      }
    }
  }

  private void leave(PredictionServer server, byte[] request, int millis)
      throws IOException, InterruptedException {
    left.incrementAndGet();
    try (RawClient client = new RawClient(server.uri())) {
      client.send(request);
      Thread.sleep(millis);
    }
  }

  private void stay(GrpcClient grpc) {
    Status status =
        grpc.infer(call(), 60_000)
            .handle((found, error) -> error == null ? Status.OK : Status.fromThrowable(error))
            .join();
    switch (status.getCode()) {
      case OK -> classified.incrementAndGet();
      case RESOURCE_EXHAUSTED -> refused.incrementAndGet();
      default -> throw new AssertionError(status.toString());
    }
  }

  private void leave(GrpcClient grpc, int millis) throws InterruptedException {
    left.incrementAndGet();
    CompletableFuture<ModelInferResponse> call = grpc.infer(call(), 60_000);
    Thread.sleep(millis);
    call.cancel(false);
  }

  /** One that its client has left may be any of them; or never have come. */
  private void requireCountedOnce(PredictionServer server) throws Exception {
    Client client = new Client(server.uri());
    RequestCounts.Snapshot counts;
    String metrics;
    do { // what was sent last and left may still come
      counts = server.requests();
      metrics = metrics(client);
    } while (counts.open() > 0
        || sum(metrics, "lapidary_held_images") > 0
        || sum(metrics, "lapidary_held_bytes") > 0
        || !counts.equals(server.requests()));
    int unknown = left.get();
    long stayed = CLIENTS * REQUESTS + 6 - unknown;
    assertThat(classified.get() + refused.get() + late.get()).isEqualTo(stayed);
    assertThat(counts.failed()).isZero();
    assertThat(counts.received()).isBetween(stayed, stayed + unknown);
    assertThat(counts.classified())
        .isBetween((long) classified.get(), (long) classified.get() + unknown);
    assertThat(counts.refused()).isBetween((long) refused.get(), (long) refused.get() + unknown);
    assertThat(counts.late()).isBetween((long) late.get(), (long) late.get() + unknown);
    assertThat(counts.gone()).isBetween(3L, (long) unknown);

    assertThat(sum(metrics, "lapidary_requests_total\\{.*\\}")).isEqualTo(counts.received());
    assertThat(sum(metrics, "lapidary_open_requests")).isZero();
    // Of each model those that it began: not those that found no room, and those that left perhaps.
    assertThat(begun(metrics))
        .isBetween(counts.classified(), counts.classified() + counts.late() + counts.gone());
    assertThat(metrics)
        .containsPattern("lapidary_inference_request_success_total\\{model=\"shoes\",.*} [1-9]")
        .containsPattern(
            "lapidary_inference_request_success_total\\{model=\"shoes-new\",.*} [1-9]");
  }

  private static String metrics(Client client) throws Exception {
    return new String(client.get("/metrics").body(), UTF_8);
  }

  /** Of both models, as they count them. */
  private static long begun(String metrics) {
    return sum(metrics, "lapidary_inference_request_success_total\\{.*\\}")
        + sum(metrics, "lapidary_inference_request_failure_total\\{.*\\}");
  }

  private static long sum(String metrics, String series) {
    Matcher lines = Pattern.compile("(?m)^" + series + " (\\S+)$").matcher(metrics);
    double sum = 0;
    while (lines.find()) {
      sum += Double.parseDouble(lines.group(1));
    }
    return Math.round(sum);
  }
}
