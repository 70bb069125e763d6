package dev.lapidary.trainer.run.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Answer;
import dev.lapidary.trainer.run.frozen.FrozenFeatures;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.StopRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Runs a network over a labelled dataset, in order and without any randomness. */
public final class Validation implements AutoCloseable {
  private final Dataset data;
  private final Preprocessing preprocessing;
  private final Loader loader;
  private final Telling telling;
  private Optional<FrozenFeatures> features = Optional.empty();

  /**
   * What a person is told meanwhile.
   *
   * @param title of the bar
   * @param remedy for an answer that is no number: what the user has and can do
   */
  public record Telling(String title, String remedy, WorkProgress progress) {}

  public Validation(
      Dataset data, Preprocessing preprocessing, int threads, long cacheBytes, Telling telling) {
    this.telling = telling;
    this.data = data;
    this.preprocessing = preprocessing;
    this.loader = Loader.evaluation(data, preprocessing, threads, cacheBytes);
  }

  /** Begins with these from here on; they are computed now, if they are not kept already. */
  public void use(Optional<FrozenFeatures> other) {
    features = other;
    if (features.isPresent()) {
      batches().close();
    }
  }

  private BatchSource batches() {
    Supplier<BatchSource> images = () -> loader.inOrder(BatchTensors.EVALUATED_AT_ONCE, 0);
    return features.map(kept -> kept.validation(data, images)).orElseGet(images);
  }

  /** Sets the program to eval mode and leaves it so. */
  public ValidationScores score(TrainingProgram program) {
    return score(program, () -> false);
  }

  /**
   * The same, to be stopped after any batch.
   *
   * @throws Failure (exit 130) then; (exit 1) if an answer or the loss is NaN or infinite
   */
  public ValidationScores score(TrainingProgram program, BooleanSupplier stop) {
    program.eval();
    double loss = 0;
    List<Answer> answers = new ArrayList<>();
    try (BatchSource batches = batches()) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        try (NDManager step = program.newStep()) {
          NDArray logits =
              program.logits(step, batch.cut(), BatchTensors.images(step, batch, preprocessing));
          float[] numbers = logits.toFloatArray();
          requireFinite(numbers, batch.samples());
          loss += program.lossSum(step, logits, BatchTensors.labels(step, batch));
          answers.addAll(Answer.ofLogits(numbers, batch.labels(), batch.samples()));
        }
        telling.progress().count(telling.title(), answers.size(), data.size());
        StopRequest.requireNone(stop);
      }
    }
    NotFinite.requireFinite(new float[] {(float) loss}, "the loss of all images", telling.remedy());
    return ValidationScores.of(data.labels(), answers, loss / data.size());
  }

  private void requireFinite(float[] logits, int[] samples) {
    int classes = logits.length / samples.length;
    for (int i = 0; i < samples.length; i++) {
      NotFinite.requireFinite(
          Arrays.copyOfRange(logits, i * classes, (i + 1) * classes),
          "the network's answer to %s".formatted(data.samples().get(samples[i]).name()),
          telling.remedy());
    }
  }

  @Override
  public void close() {
    loader.close();
  }
}
