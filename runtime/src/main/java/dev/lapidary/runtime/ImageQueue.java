package dev.lapidary.runtime;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ServedModel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** Images of many callers, run together: where {@link Classifier} meets the {@link Batcher}. */
final class ImageQueue implements AutoCloseable {
  /** Callers have their own: {@code orTimeout}, which takes the image back. */
  private static final Duration NO_DEADLINE = Duration.ofDays(365);

  private final Batcher batcher;
  private final String source;

  ImageQueue(ServedModel model, ClassifierOptions options) {
    int max = model.batches() ? options.maxBatch() : 1;
    this.batcher =
        new Batcher(
            model.network(),
            model.preprocessing().inputLength(),
            new BatchPolicy(max, options.maxDelay()));
    this.source = model.name();
  }

  /**
   * @param input made on the executor
   * @return fails as the input does, or with a {@link Failure} (exit 1) if the network does; once
   *     it is done in any way its image is not run any more
   */
  CompletableFuture<float[]> run(Supplier<float[]> input, Executor executor) {
    CompletableFuture<float[]> answer = new CompletableFuture<>();
    try {
      executor.execute(() -> submit(input, answer));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what follows an outcome throws nothing
  private void submit(Supplier<float[]> input, CompletableFuture<float[]> answer) {
    if (answer.isDone()) {
      return; // nobody waits for it
    }
    try {
      CompletableFuture<Outcome> outcome = batcher.submit(input.get(), Deadline.after(NO_DEADLINE));
      answer.whenComplete((ignored, error) -> outcome.cancel(false));
      outcome.whenComplete((done, error) -> complete(answer, done));
    } catch (Throwable e) { // also an Error: somebody waits
      answer.completeExceptionally(e);
    }
  }

  private void complete(CompletableFuture<float[]> answer, Outcome done) {
    if (done instanceof Outcome.Classified classified) {
      answer.complete(classified.logits());
    } else if (done instanceof Outcome.Failed failed) {
      answer.completeExceptionally(
          Failure.failed("[%s] the network failed on the image: %s", source, failed.message()));
    } else {
      answer.completeExceptionally(Failure.failed("[%s] the image was not run", source));
    }
  }

  /** Answers all that it has. */
  @Override
  public void close() {
    batcher.close();
  }
}
