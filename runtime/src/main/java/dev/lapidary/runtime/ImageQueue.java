package dev.lapidary.runtime;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.AnswerThreads;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** Images of many callers, run together: where {@link Classifier} meets the {@link Batcher}. */
final class ImageQueue implements AutoCloseable {
  /** Callers have their own: {@code orTimeout}, which takes the image back. */
  private static final Duration NO_DEADLINE = Duration.ofDays(365);

  private final ServedModel model;
  private final ExecutorService answers = AnswerThreads.start();
  private final Batcher batcher;

  ImageQueue(ServedModel model, ClassifierOptions options) {
    int max = model.batches() ? options.maxBatch() : 1;
    this.model = model;
    this.batcher =
        new Batcher(List.of(model.tensors()), new BatchPolicy(max, options.maxDelay()), answers);
  }

  /**
   * @param input made on the executor
   * @return fails as the input does, or with a {@link Failure} (exit 1) if the network does; once
   *     it is done in any way its image is not run any more
   */
  CompletableFuture<float[]> run(Supplier<TypedTensor> input, Executor executor) {
    CompletableFuture<float[]> answer = new CompletableFuture<>();
    try {
      executor.execute(() -> submit(input, answer));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what follows an outcome throws nothing
  private void submit(Supplier<TypedTensor> input, CompletableFuture<float[]> answer) {
    if (answer.isDone()) {
      return; // nobody waits for it
    }
    try {
      CompletableFuture<Outcome> outcome =
          batcher.submit(
              List.of(input.get()),
              Set.of(model.signature().output()),
              Deadline.after(NO_DEADLINE));
      answer.whenComplete((ignored, error) -> outcome.cancel(false));
      outcome.whenComplete((done, error) -> complete(answer, done));
    } catch (Throwable e) { // also an Error: somebody waits
      answer.completeExceptionally(e);
    }
  }

  private void complete(CompletableFuture<float[]> answer, Outcome done) {
    try {
      answer.complete(outputs(done));
    } catch (Throwable e) { // likewise
      answer.completeExceptionally(e);
    }
  }

  private float[] outputs(Outcome done) {
    if (done instanceof Outcome.Ran ran) {
      return FloatNetwork.values((TypedTensor.Numbers) ran.outputs().get(0));
    }
    throw done instanceof Outcome.Failed failed
        ? Failure.failed("[%s] the network failed on the image: %s", model.name(), failed.message())
        : Failure.failed("[%s] the image was not run", model.name());
  }

  /** Answers all that it has. */
  @Override
  public void close() {
    batcher.close();
    answers.shutdown();
  }
}
