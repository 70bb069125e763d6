package dev.lapidary.serve.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Sends a server its requests, one after the other, and records what becomes of each. */
final class Sending {
  private final String server;
  private final RequestSet requests;
  private final List<OptionalInt> expected;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger next = new AtomicInteger();

  /**
   * @param server its address, or how it runs
   * @param expected the class of each request's answer, where it is known
   */
  Sending(String server, RequestSet requests, List<OptionalInt> expected) {
    this.server = server;
    this.requests = requests;
    this.expected = List.copyOf(expected);
  }

  String server() {
    return server;
  }

  /** Sends the next one, and waits for its answer. */
  void once(Samples samples) throws InterruptedException {
    int index = Math.floorMod(next.getAndIncrement(), requests.requests().size());
    long began = System.nanoTime();
    try {
      HttpResponse<byte[]> answer =
          http.send(requests.requests().get(index), HttpResponse.BodyHandlers.ofByteArray());
      record(answer, System.nanoTime() - began, index, samples);
    } catch (IOException e) {
      samples.failed();
    }
  }

  /**
   * Sends the next one.
   *
   * @param sinceNanos when it should have been sent, from where on its time counts
   * @return complete with its end, good or bad
   */
  CompletableFuture<Void> later(long sinceNanos, Samples samples) {
    int index = Math.floorMod(next.getAndIncrement(), requests.requests().size());
    return http.sendAsync(requests.requests().get(index), HttpResponse.BodyHandlers.ofByteArray())
        .handle(
            (@Nullable HttpResponse<byte[]> answer, @Nullable Throwable error) -> {
              if (answer == null) {
                samples.failed();
              } else {
                record(answer, System.nanoTime() - sinceNanos, index, samples);
              }
              return null;
            });
  }

  private void record(HttpResponse<byte[]> answer, long nanos, int index, Samples samples) {
    switch (answer.statusCode()) {
      case 200 -> {
        samples.answered(nanos);
        OptionalInt wanted = expected.get(index);
        if (wanted.isPresent() && !requests.argmax().apply(answer).equals(wanted)) {
          samples.otherArgmax();
        }
      }
      case 429, 503 -> samples.refused();
      default -> samples.failed();
    }
  }
}
