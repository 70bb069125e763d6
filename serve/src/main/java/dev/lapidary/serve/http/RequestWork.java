package dev.lapidary.serve.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The images of one request on their way to their results. To cancel it drops those that are not
 * decoded yet or wait for a batch; a batch that runs is not stopped. Its results are complete once
 * nothing works for it any more. Thread-safe.
 */
final class RequestWork {
  private final List<CompletableFuture<Serving.Result>> each = new ArrayList<>();
  private final List<CompletableFuture<?>> waiting = new ArrayList<>();
  private boolean cancelled;

  /** A place for the next image's result. */
  CompletableFuture<Serving.Result> next() {
    CompletableFuture<Serving.Result> result = new CompletableFuture<>();
    each.add(result);
    return result;
  }

  /** Of all images, in the request's order; after the last {@link #next}. */
  CompletableFuture<List<Serving.Result>> results() {
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
        .thenApply(done -> each.stream().map(CompletableFuture::join).toList());
  }

  /** An image waits for a batch; the future is cancelled with the work. */
  void waits(CompletableFuture<?> answer) {
    boolean late;
    synchronized (this) {
      waiting.add(answer);
      late = cancelled;
    }
    if (late) {
      answer.cancel(false);
    }
  }

  synchronized boolean isCancelled() {
    return cancelled;
  }

  void cancel() {
    List<CompletableFuture<?>> answers;
    synchronized (this) {
      cancelled = true;
      answers = List.copyOf(waiting);
    }
    answers.forEach(answer -> answer.cancel(false));
  }
}
