package dev.lapidary.trainer.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.View;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Answer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Runs a network over a labelled dataset, in order and without any randomness. */
final class Validation implements AutoCloseable {
  /** Of every validation: the last bits of a logit depend on the batch's size. */
  static final int BATCH_SIZE = 32;

  private final Dataset data;
  private final Preprocessing preprocessing;
  private final Loader loader;
  private final int[] order;
  private final String remedy;
  private Optional<FrozenFeatures> features = Optional.empty();

  /**
   * @param remedy for an answer that is no number: what the user has and can do
   */
  Validation(
      Dataset data, Preprocessing preprocessing, int threads, long cacheBytes, String remedy) {
    this.remedy = remedy;
    this.data = data;
    this.preprocessing = preprocessing;
    Preprocessor preprocessor = Preprocessor.of(preprocessing);
    this.loader = Loader.of(data, preprocessor, View.evaluation(preprocessor), threads, cacheBytes);
    this.order = EpochOrder.AS_LISTED.samples(data, 0, 0);
  }

  /** Begins with these from here on; they are computed now, if they are not kept already. */
  void use(Optional<FrozenFeatures> other) {
    features = other;
    if (features.isPresent()) {
      batches().close();
    }
  }

  private BatchSource batches() {
    return features.isPresent()
        ? features.get().validation(data, () -> loader.batches(order, BATCH_SIZE, 0, 0))
        : loader.batches(order, BATCH_SIZE, 0, 0);
  }

  /** Sets the program to eval mode and leaves it so. */
  Scores score(TrainingProgram program) {
    return score(program, () -> false);
  }

  /**
   * The same, to be stopped after any batch.
   *
   * @throws Failure (exit 130) then; (exit 1) if an answer or the loss is NaN or infinite
   */
  Scores score(TrainingProgram program, BooleanSupplier stop) {
    program.eval();
    double loss = 0;
    List<Answer> answers = new ArrayList<>();
    try (BatchSource batches = batches()) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        try (NDManager step = program.newStep()) {
          NDArray logits = program.logits(step, batch.cut(), images(step, batch, preprocessing));
          float[] numbers = logits.toFloatArray();
          requireFinite(numbers, batch.samples());
          loss += program.lossSum(step, logits, labels(step, batch, batch.labels()));
          answers.addAll(Answer.ofLogits(numbers, batch.labels(), batch.samples()));
        }
        requireNoStop(stop);
      }
    }
    NotFinite.requireFinite(new float[] {(float) loss}, "the loss of all images", remedy);
    return Scores.of(data.labels(), answers, loss / data.size());
  }

  private void requireFinite(float[] logits, int[] samples) {
    int classes = logits.length / samples.length;
    for (int i = 0; i < samples.length; i++) {
      NotFinite.requireFinite(
          Arrays.copyOfRange(logits, i * classes, (i + 1) * classes),
          "the network's answer to %s".formatted(data.samples().get(samples[i]).name()),
          remedy);
    }
  }

  static void requireNoStop(BooleanSupplier stop) {
    if (stop.getAsBoolean()) {
      throw new Failure(ExitCode.INTERRUPTED, "interrupted; nothing was changed");
    }
  }

  @Override
  public void close() {
    loader.close();
  }

  /** [to - from, C, H, W] float32, or the shape of the features that the batch holds. */
  static NDArray images(NDManager step, Batch batch, int from, int to, Preprocessing rule) {
    Shape shape = shape(to - from, rule);
    if (batch.entry().isPresent()) {
      shape = new Shape(to - from);
      for (int size : batch.entry().get().shape()) {
        shape = shape.add(size);
      }
    }
    int length = (int) (shape.size() / (to - from));
    return step.create(
        FloatBuffer.wrap(batch.images(), from * length, (to - from) * length), shape);
  }

  static Shape shape(int count, Preprocessing rule) {
    return new Shape(count, rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /**
   * What some images of a batch are: [to - from] int64, or [to - from, labels] of multi-label data.
   *
   * @param labels the batch's own or its others
   */
  static NDArray labels(NDManager step, Batch batch, long[] labels, int from, int to) {
    int width = batch.labelWidth();
    long[] some = Arrays.copyOfRange(labels, from * width, to * width);
    return width == 1 ? step.create(some) : step.create(some, new Shape(to - from, width));
  }

  /** [N, C, H, W] float32. */
  static NDArray images(NDManager step, Batch batch, Preprocessing rule) {
    return images(step, batch, 0, batch.count(), rule);
  }

  private static NDArray labels(NDManager step, Batch batch, long[] labels) {
    return labels(step, batch, labels, 0, batch.count());
  }
}
