package dev.lapidary.serve.http;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.serve.batch.Admission;
import dev.lapidary.serve.batch.BatchPolicy;
import dev.lapidary.serve.batch.Batcher;
import dev.lapidary.serve.batch.Deadline;
import dev.lapidary.serve.batch.Outcome;
import dev.lapidary.serve.model.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A ready model: the threads that decode, the batcher, and the bound of what is in flight. Images
 * are decoded before they are batched, each for itself, so a bad one reaches no batch.
 */
final class Serving implements AutoCloseable {
  private static final int MAX_RETRY_SECONDS = 60;

  private final ServedModel model;
  private final Admission admission;
  private final ExecutorService decoders;
  private final Batcher batcher;
  private final ImageLimits imageLimits;

  Serving(ServedModel model, Admission admission, ServerSettings settings) {
    this.model = model;
    this.admission = admission;
    this.imageLimits = settings.limits().image();
    // A graph of one image at a time still has a queue, it only never runs two together.
    BatchPolicy policy = model.batches() ? settings.batch() : BatchPolicy.greedy(1);
    this.batcher = new Batcher(model.network(), model.preprocessing().inputLength(), policy);
    AtomicInteger number = new AtomicInteger();
    this.decoders =
        Executors.newFixedThreadPool(
            settings.decodeThreads(),
            task -> {
              Thread thread = new Thread(task, "lapidary-decode-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** What became of one image: a network's outcome, or why it never came to one. */
  sealed interface Result {
    record Ran(Outcome outcome) implements Result {}

    record Refused(ImageError error) implements Result {}
  }

  /** All images of one request, in its order; cancelling it drops those that wait. */
  CompletableFuture<List<Result>> classify(List<Upload> uploads, Deadline deadline) {
    List<CompletableFuture<Result>> each = new ArrayList<>(uploads.size());
    for (Upload upload : uploads) {
      each.add(classify(upload, deadline));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
        .thenApply(done -> each.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<Result> classify(Upload upload, Deadline deadline) {
    if (upload instanceof Upload.File file) {
      return CompletableFuture.completedFuture(file)
          .thenComposeAsync(f -> decodeAndSubmit(f, deadline), decoders);
    }
    Upload.Unreadable unreadable = (Upload.Unreadable) upload;
    return CompletableFuture.completedFuture(new Result.Refused(unreadable.error()));
  }

  private CompletableFuture<Result> decodeAndSubmit(Upload.File file, Deadline deadline) {
    if (deadline.hasPassed()) {
      return CompletableFuture.completedFuture(new Result.Ran(new Outcome.Late()));
    }
    try {
      float[] input = model.inputOf(file.bytes(), imageLimits);
      return batcher.submit(input, deadline).thenApply(Result.Ran::new);
    } catch (UndecodableImage e) {
      ImageError error = new ImageError(e.code().text(), String.valueOf(e.getMessage()));
      return CompletableFuture.completedFuture(new Result.Refused(error));
    }
  }

  /**
   * Refuses a deadline that the images in flight, at the speed of late, leave no time for.
   *
   * @throws Refusal 504
   */
  void requireMeetable(Deadline deadline) {
    long left = deadline.leftNanos();
    long expected = backlogNanos();
    // With nothing in flight always try: an estimate that refused everything could not recover.
    if (admission.images() > 0 && expected > left) {
      throw Refusal.deadlineUnmeetable(
          TimeUnit.NANOSECONDS.toMillis(expected),
          Math.max(0, TimeUnit.NANOSECONDS.toMillis(left)));
    }
  }

  /** When a client that is refused now may find room: 1 to 60 s. */
  int retryAfterSeconds() {
    double seconds = Math.ceil(backlogNanos() / 1e9);
    return (int) Math.max(1, Math.min(MAX_RETRY_SECONDS, seconds));
  }

  private long backlogNanos() {
    return (long) (admission.images() * batcher.statistics().nanosPerImage().orElse(0));
  }

  ServedModel model() {
    return model;
  }

  Batcher batcher() {
    return batcher;
  }

  /** The threads for work on bodies, bounded in number. */
  Executor decoders() {
    return decoders;
  }

  /** Answers what it has, then stops. */
  @Override
  public void close() {
    decoders.shutdown();
    batcher.close();
    model.close();
  }
}
