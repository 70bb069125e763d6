package dev.lapidary.trainer.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.models.failure.ExitCode;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.image.Preprocessor;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.View;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Prediction;
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
  private Optional<FrozenFeatures> features = Optional.empty();

  Validation(Dataset data, Preprocessing preprocessing, int threads, long cacheBytes) {
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
   * @throws Failure (exit 130) then
   */
  Scores score(TrainingProgram program, BooleanSupplier stop) {
    program.eval();
    double loss = 0;
    List<Prediction> predictions = new ArrayList<>();
    try (BatchSource batches = batches()) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        try (NDManager step = program.newStep()) {
          NDArray labels = labels(step, batch.labels());
          NDArray logits = program.logits(step, batch.cut(), images(step, batch, preprocessing));
          loss += program.lossSum(step, logits, labels);
          predictions.addAll(
              Prediction.ofLogits(logits.toFloatArray(), batch.labels(), batch.samples()));
        }
        requireNoStop(stop);
      }
    }
    long correct = predictions.stream().filter(Prediction::correct).count();
    int images = data.size();
    return new Scores(loss / images, (double) correct / images, predictions);
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

  /** [to - from] int64. */
  static NDArray labels(NDManager step, long[] labels, int from, int to) {
    return step.create(Arrays.copyOfRange(labels, from, to));
  }

  /** [N, C, H, W] float32. */
  static NDArray images(NDManager step, Batch batch, Preprocessing rule) {
    return images(step, batch, 0, batch.count(), rule);
  }

  /** [N] int64. */
  static NDArray labels(NDManager step, long[] labels) {
    return step.create(labels);
  }

  /** The index of each row's highest value, the first where equal. */
  static int[] argmax(NDArray logits) {
    float[] values = logits.toFloatArray();
    int rows = (int) logits.getShape().get(0);
    int width = values.length / rows;
    int[] best = new int[rows];
    for (int row = 0; row < rows; row++) {
      for (int c = 1; c < width; c++) {
        if (values[row * width + c] > values[row * width + best[row]]) {
          best[row] = c;
        }
      }
    }
    return best;
  }
}
