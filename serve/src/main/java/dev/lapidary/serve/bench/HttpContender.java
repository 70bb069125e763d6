package dev.lapidary.serve.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.serve.http.PredictionServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that each send one image, wait for its answer, and send the next. */
final class HttpContender implements Contender {
  private static final JsonMapper JSON = new JsonMapper();

  private final PredictionServer server;
  private final List<BenchImage> images;
  private final int clients;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger next = new AtomicInteger();

  HttpContender(PredictionServer server, List<BenchImage> images, int clients) {
    this.server = server;
    this.images = images;
    this.clients = clients;
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    BatchStatistics.Snapshot before = server.batches();
    long answeredBefore = samples.answered();
    long began = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        running.add(
            threads.submit(
                () -> {
                  send(began + time.toNanos(), samples);
                  return true;
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
    } finally {
      threads.shutdownNow();
    }
    samples.round(samples.answered() - answeredBefore, System.nanoTime() - began);
    BatchStatistics.Snapshot after = server.batches();
    samples.batches(after.images() - before.images(), after.batches() - before.batches());
  }

  private void send(long untilNanos, Samples samples) throws IOException, InterruptedException {
    do {
      BenchImage image = images.get(Math.floorMod(next.getAndIncrement(), images.size()));
      HttpRequest request =
          HttpRequest.newBuilder(server.uri().resolve("/predict?topK=1&threshold=0"))
              .header("Content-Type", "application/octet-stream")
              .POST(HttpRequest.BodyPublishers.ofByteArray(image.file()))
              .build();
      long began = System.nanoTime();
      HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
      record(response, System.nanoTime() - began, image, samples);
    } while (System.nanoTime() < untilNanos);
  }

  private static void record(
      HttpResponse<byte[]> response, long nanos, BenchImage image, Samples samples)
      throws IOException {
    switch (response.statusCode()) {
      case 200 -> {
        samples.answered(nanos);
        int index = JSON.readTree(response.body()).at("/predictions/0/classes/0/index").asInt(-1);
        if (index != image.argmax()) {
          samples.otherArgmax();
        }
      }
      case 429, 503 -> samples.refused();
      default -> samples.failed();
    }
  }
}
