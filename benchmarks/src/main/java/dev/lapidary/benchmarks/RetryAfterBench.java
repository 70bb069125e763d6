package dev.lapidary.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * Whether {@code Retry-After} is true. Requests come faster than they can be answered; the wait
 * that one that is refused is told is compared with how long those took that were accepted before
 * it. Whole seconds from 1 are all that the header can say, so a shorter wait counts as one there;
 * {@code retry-after-ms} is held to the wait itself.
 */
final class RetryAfterBench {
  private static final int ROUNDS = 2;
  private static final double FACTOR = 2;

  /** Seconds; shorter waits are the client's own. */
  private static final double SHORTEST = 0.1;

  /** More than a server holds, however slow it is. */
  private static final int FEWEST = 600;

  private RetryAfterBench() {}

  /** Its connection ended before an answer. */
  private static final End CUT_OFF = new End(0, 0, 0, 0, 0);

  /**
   * What became of a request.
   *
   * @param told by {@code Retry-After}, in seconds
   * @param toldExactly by {@code retry-after-ms}, in seconds
   */
  private record End(long sentNanos, long endNanos, int status, double told, double toldExactly) {}

  /**
   * Offers several times what the server answers, for some seconds, and lets it catch up.
   *
   * @param what the images are
   */
  static void run(URI server, String what, Path images, int seconds) throws Exception {
    List<byte[]> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(images)) {
      for (Path file : all.sorted().toList()) {
        files.add(Files.readAllBytes(file));
      }
    }
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    double capacity = capacity(http, server, files);
    for (int round = 0; round < ROUNDS; round++) {
      List<End> ends = offer(http, server, files, 4 * capacity, seconds);
      report(what, capacity, ends);
    }
  }

  private static HttpRequest request(URI server, byte[] file) {
    return HttpRequest.newBuilder(server.resolve("/predict?topK=1"))
        .timeout(Duration.ofMinutes(2))
        .header("Content-Type", "image/jpeg")
        .header("X-Deadline-Ms", "60000")
        .POST(HttpRequest.BodyPublishers.ofByteArray(file))
        .build();
  }

  /** Answers a second of some clients, for a while. */
  private static double capacity(HttpClient http, URI server, List<byte[]> files)
      throws InterruptedException {
    long began = System.nanoTime();
    long until = began + Duration.ofSeconds(6).toNanos();
    Queue<Long> answered = new ConcurrentLinkedQueue<>();
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      byte[] file = files.get(i % files.size());
      Thread client =
          new Thread(
              () -> {
                try {
                  while (System.nanoTime() < until) {
                    http.send(request(server, file), HttpResponse.BodyHandlers.discarding());
                    answered.add(System.nanoTime());
                  }
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      client.start();
      clients.add(client);
    }
    for (Thread client : clients) {
      client.join();
    }
    return answered.size() * 1e9 / (System.nanoTime() - began);
  }

  private static List<End> offer(
      HttpClient http, URI server, List<byte[]> files, double perSecond, int seconds)
      throws InterruptedException {
    List<CompletableFuture<End>> sent = new ArrayList<>();
    long began = System.nanoTime();
    int count = (int) Math.max(FEWEST, perSecond * seconds);
    for (int i = 0; i < count; i++) {
      long at = began + (long) (i / perSecond * 1e9);
      long left = at - System.nanoTime();
      if (left > 0) {
        Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
      }
      long now = System.nanoTime();
      sent.add(
          http.sendAsync(
                  request(server, files.get(i % files.size())),
                  HttpResponse.BodyHandlers.discarding())
              .handle((answer, error) -> error == null ? end(now, answer) : CUT_OFF));
    }
    return sent.stream().map(CompletableFuture::join).toList();
  }

  private static End end(long sent, HttpResponse<Void> answer) {
    long seconds = answer.headers().firstValueAsLong("Retry-After").orElse(0);
    long millis = answer.headers().firstValueAsLong("retry-after-ms").orElse(0);
    return new End(sent, System.nanoTime(), answer.statusCode(), seconds, millis / 1e3);
  }

  private static void report(String what, double capacity, List<End> ends) {
    List<End> accepted =
        ends.stream()
            .filter(end -> end.status() == 200)
            .sorted(Comparator.comparingLong(End::sentNanos))
            .toList();
    List<Double> ratios = new ArrayList<>();
    List<Double> exact = new ArrayList<>();
    List<Double> waits = new ArrayList<>();
    for (End refused : ends) {
      if (refused.status() == 429) {
        double wait = wait(refused, accepted);
        waits.add(wait);
        ratios.add(refused.told() / Math.max(1, wait));
        exact.add(refused.toldExactly() / Math.max(SHORTEST, wait));
      }
    }
    long cut = ends.stream().filter(CUT_OFF::equals).count();
    if (ratios.isEmpty()) {
      line("%s: nothing was refused of %d requests, %d were cut off", what, ends.size(), cut);
      return;
    }
    Collections.sort(waits);
    line(
        "%s, %.1f answers/s: %d accepted, %d refused, %d cut off; waits of %.2f s in the middle, %.2f to %.2f s",
        what,
        capacity,
        accepted.size(),
        ratios.size(),
        cut,
        at(waits, 0.5),
        waits.get(0),
        waits.get(waits.size() - 1));
    overTheWait("Retry-After", ratios);
    overTheWait("retry-after-ms", exact);
  }

  private static void overTheWait(String header, List<Double> ratios) {
    Collections.sort(ratios);
    long within = ratios.stream().filter(r -> r <= FACTOR && r >= 1 / FACTOR).count();
    line(
        "  %s over the wait: %.2f in the middle, 90 %% in [%.2f, %.2f], %.1f %% within a factor of two",
        header,
        at(ratios, 0.5),
        at(ratios, 0.05),
        at(ratios, 0.95),
        100.0 * within / ratios.size());
  }

  /** From the refusal until all that were accepted and sent before it are answered, in seconds. */
  private static double wait(End refused, List<End> accepted) {
    long last = refused.endNanos();
    for (End each : accepted) {
      if (each.sentNanos() > refused.sentNanos()) {
        break;
      }
      last = Math.max(last, each.endNanos());
    }
    return (last - refused.endNanos()) / 1e9;
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get((int) (share * (sorted.size() - 1)));
  }

  private static void line(String format, Object... arguments) {
    System.out.println(String.format(Locale.ROOT, format, arguments));
  }
}
