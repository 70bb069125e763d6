package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.trainer.program.LossOptions.Distillation;
import dev.lapidary.trainer.program.LossOptions.Kind;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Losses of images that do not count alike, and their gradients, against the formulas in float64:
 * four images, logits x * p of five outputs.
 */
class WeighedLossTest {
  private static final int N = 4;
  private static final int K = 5;
  private static final double[] X = Uniform.u("x", N * K);
  private static final double[] TEACHER = Uniform.u("teacher", N * K);
  private static final long[] LABELS = {1, 0, 4, 3};

  /** Those before them in the batch. */
  private static final long[] OTHERS = {3, 1, 0, 4};

  private static final double[] FACTORS = {1.5, 0.5, 0.25, 1.75};
  private static final double[] OTHER_FACTORS = {1.75, 1.5, 0.5, 0.25};
  private static final double LAMBDA = 0.7;
  private static final List<Float> CLASSES = List.of(3f, 0.5f, 1f, 2f, 0.25f);

  @Test
  void isTheMeanOfFactorTimesLoss() {
    check(
        new LossOptions(0.1, List.of()),
        0,
        LAMBDA,
        p ->
            LAMBDA * mean(p, LABELS, FACTORS, 0.1, 0, K)
                + (1 - LAMBDA) * mean(p, OTHERS, OTHER_FACTORS, 0.1, 0, K));
  }

  /** As PyTorch's, which divides by the weights of the images' classes. */
  @Test
  void classWeightsDivideAsWithoutFactors() {
    double classes = 0;
    for (long label : LABELS) {
      classes += CLASSES.get((int) label);
    }
    double sum = classes;
    check(
        new LossOptions(0, CLASSES),
        0,
        1,
        p -> {
          double loss = 0;
          for (int i = 0; i < N; i++) {
            double own = CLASSES.get((int) LABELS[i]);
            loss += FACTORS[i] * own * cost(p, i, (int) LABELS[i], 0, 0, K);
          }
          return loss / sum;
        });
  }

  /** Outputs 0 to 2 are of one head, 3 and 4 of the other: no image costs what the other makes. */
  @Test
  void eachHeadLearnsItsOwnImages() {
    check(
        new LossOptions(0.1, List.of()),
        3,
        1,
        p -> {
          double loss = 0;
          for (int i = 0; i < N; i++) {
            boolean first = LABELS[i] < 3;
            loss += FACTORS[i] * cost(p, i, (int) LABELS[i], 0.1, first ? 0 : 3, first ? 3 : K);
          }
          return loss / N;
        });
  }

  @Test
  void twoHeadsHaveClassWeightsOfTheirOwn() {
    double sum = 0;
    for (long label : LABELS) {
      sum += CLASSES.get((int) label);
    }
    double classes = sum;
    check(
        new LossOptions(0, CLASSES),
        3,
        1,
        p -> {
          double loss = 0;
          for (int i = 0; i < N; i++) {
            boolean first = LABELS[i] < 3;
            double own = CLASSES.get((int) LABELS[i]);
            loss += FACTORS[i] * own * cost(p, i, (int) LABELS[i], 0, first ? 0 : 3, first ? 3 : K);
          }
          return loss / classes;
        });
  }

  @Test
  void binaryCrossEntropyIsTheImagesMean() {
    check(
        new LossOptions(Kind.BCE, 0, List.of(), Optional.empty()),
        0,
        1,
        p -> {
          double loss = 0;
          for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
              double sigmoid = 1 / (1 + Math.exp(-X[i * K + k] * p[k]));
              loss -= FACTORS[i] * Math.log(LABELS[i] == k ? sigmoid : 1 - sigmoid);
            }
          }
          return loss / (N * K);
        });
  }

  @Test
  void distillationWeighsAsWell() {
    check(
        new LossOptions(Kind.CROSS_ENTROPY, 0, List.of(), Optional.of(new Distillation(0.3, 4))),
        0,
        1,
        p -> {
          double soft = 0;
          for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
              double teacher = -costOf(TEACHER, i, k, 4);
              double student = -costOf(scaled(p), i, k, 4);
              soft += FACTORS[i] * Math.exp(teacher) * (teacher - student);
            }
          }
          return 0.7 * mean(p, LABELS, FACTORS, 0, 0, K) + 0.3 * 16 * soft / N;
        });
  }

  /** Only the first head answers. */
  @Test
  void theSecondHeadIsNotEvaluated() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(TinyNetwork.of(K), "cpu", heads(3));
              NDManager step = program.newStep()) {
            float[] logits = program.logits(step, array(step, X)).toFloatArray();
            double[] p = Uniform.u("p", K);
            assertThat(logits).hasSize(3 * N);
            for (int i = 0; i < logits.length; i++) {
              double expected = X[i / 3 * K + i % 3] * p[i % 3];
              assertThat((double) logits[i]).isCloseTo(expected, within(1e-6)); // float32
            }
          }
          return true;
        });
  }

  private interface Formula {
    double of(double[] p);
  }

  private static ProgramOptions heads(int own) {
    return new ProgramOptions(
        Precision.FP32, false, List.of(), List.of(), Optional.empty(), own, Optional.empty());
  }

  private static void check(LossOptions loss, int ownOutputs, double lambda, Formula formula) {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program =
                  TrainingProgram.open(TinyNetwork.of(K), "cpu", heads(ownOutputs));
              NDManager step = program.newStep()) {
            program.train(Set.of("p"));
            NDArray teacher =
                loss.distillation().isPresent() ? array(step, TEACHER) : step.create(new Shape(0));
            TrainingProgram.Targets targets =
                new TrainingProgram.Targets(
                    step.create(LABELS), step.create(OTHERS), lambda, teacher, factors(step));
            Gradients found =
                program.gradients(
                    step, array(step, X), targets, loss, program.parameters(), 0, 0.5);
            double[] p = Uniform.u("p", K);
            // float32 against float64 on numbers of order 1
            assertThat((double) found.loss()).isCloseTo(formula.of(p), within(1e-6));
            for (int k = 0; k < K; k++) {
              double[] above = p.clone();
              double[] below = p.clone();
              above[k] += 1e-5;
              below[k] -= 1e-5;
              double slope = (formula.of(above) - formula.of(below)) / 2e-5;
              assertThat((double) found.arrays().get(0).toFloatArray()[k])
                  .isCloseTo(0.5 * slope, within(1e-6)); // scale 0.5
            }
          }
          return true;
        });
  }

  private static double mean(
      double[] p, long[] labels, double[] factors, double smoothing, int from, int to) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
      sum += factors[i] * cost(p, i, (int) labels[i], smoothing, from, to);
    }
    return sum / N;
  }

  /** Smoothed cross-entropy of an image over the outputs of one head. */
  private static double cost(double[] p, int image, int label, double smoothing, int from, int to) {
    double all = 0;
    for (int k = from; k < to; k++) {
      all += Math.exp(X[image * K + k] * p[k]);
    }
    double loss = 0;
    for (int k = from; k < to; k++) {
      double target = (label == k ? 1 - smoothing : 0) + smoothing / (to - from);
      loss -= target * (X[image * K + k] * p[k] - Math.log(all));
    }
    return loss;
  }

  private static double costOf(double[] logits, int image, int label, double temperature) {
    double all = 0;
    for (int k = 0; k < K; k++) {
      all += Math.exp(logits[image * K + k] / temperature);
    }
    return Math.log(all) - logits[image * K + label] / temperature;
  }

  private static double[] scaled(double[] p) {
    double[] z = new double[N * K];
    for (int i = 0; i < z.length; i++) {
      z[i] = X[i] * p[i % K];
    }
    return z;
  }

  private static NDArray factors(NDManager step) {
    float[] both = new float[2 * N];
    for (int i = 0; i < N; i++) {
      both[i] = (float) FACTORS[i];
      both[N + i] = (float) OTHER_FACTORS[i];
    }
    return step.create(both, new Shape(2, N));
  }

  private static NDArray array(NDManager step, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return step.create(floats, new Shape(N, K));
  }
}
