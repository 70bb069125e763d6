package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.trainer.program.LossOptions.Distillation;
import dev.lapidary.trainer.program.LossOptions.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Losses and their gradients against the formulas in float64, on logits x * p of three images and
 * four classes; gradients by central differences of the formula.
 */
class LossTest {
  private static final int N = 3;
  private static final int K = 4;
  private static final double[] X = Uniform.u("x", N * K);
  private static final double[] TEACHER = Uniform.u("teacher", N * K);
  private static final int[] LABELS = {2, 0, 3};
  private static final int[] OTHERS = {3, 2, 0};
  private static final double LAMBDA = 0.7;

  /** Of multi-label images: several labels, none, one. */
  private static final long[] SETS = {1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0};

  private static final long[] OTHER_SETS = {0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0};

  @Test
  void crossEntropyOfSmoothedMixedTargets() {
    LossOptions loss = new LossOptions(0.1, List.of());
    check(
        loss,
        List.of(),
        p -> LAMBDA * ce(p, LABELS, 0.1, 1) + (1 - LAMBDA) * ce(p, OTHERS, 0.1, 1));
  }

  @Test
  void binaryCrossEntropyOfSmoothedMixedTargets() {
    LossOptions loss = new LossOptions(Kind.BCE, 0.1, List.of(), Optional.empty());
    check(
        loss,
        List.of(),
        p -> {
          double sum = 0;
          for (int i = 0; i < N; i++) {
            for (int k = 0; k < K; k++) {
              double target =
                  LAMBDA * target(LABELS[i], k, 0.1) + (1 - LAMBDA) * target(OTHERS[i], k, 0.1);
              double z = X[i * K + k] * p[k];
              double sigmoid = 1 / (1 + Math.exp(-z));
              sum -= target * Math.log(sigmoid) + (1 - target) * Math.log(1 - sigmoid);
            }
          }
          return sum / (N * K); // the mean over images and classes
        });
  }

  @Test
  void distillationIsHintonsFormula() {
    Distillation distillation = new Distillation(0.3, 4);
    LossOptions loss = new LossOptions(Kind.CROSS_ENTROPY, 0, List.of(), Optional.of(distillation));
    check(
        loss,
        List.of(),
        p -> {
          double hard = LAMBDA * ce(p, LABELS, 0, 1) + (1 - LAMBDA) * ce(p, OTHERS, 0, 1);
          double soft = 0;
          for (int i = 0; i < N; i++) {
            double[] teacher = logSoftmax(i, TEACHER, 4);
            double[] student = logSoftmax(i, scaled(p, 1), 4);
            for (int k = 0; k < K; k++) {
              soft += Math.exp(teacher[k]) * (teacher[k] - student[k]);
            }
          }
          return 0.7 * hard + 0.3 * 16 * soft / N;
        });
  }

  @Test
  void auxiliaryHeadsAddTheirWeightedLosses() {
    check(
        new LossOptions(0, List.of()),
        List.of(0.3, 0.4),
        p ->
            LAMBDA * (ce(p, LABELS, 0, 1) + 0.3 * ce(p, LABELS, 0, 2) + 0.4 * ce(p, LABELS, 0, 3))
                + (1 - LAMBDA)
                    * (ce(p, OTHERS, 0, 1)
                        + 0.3 * ce(p, OTHERS, 0, 2)
                        + 0.4 * ce(p, OTHERS, 0, 3)));
  }

  /** Keras' smoothing, PyTorch's pos_weight, mixed sets of labels. */
  @Test
  void binaryCrossEntropyOfSeveralLabels() {
    List<Float> weights = List.of(3f, 0.5f, 1f, 2f);
    LossOptions loss = new LossOptions(Kind.BCE, 0.1, weights, Optional.empty());
    checkSets(
        loss,
        p -> {
          double sum = 0;
          for (int i = 0; i < N * K; i++) {
            double mixed = LAMBDA * SETS[i] + (1 - LAMBDA) * OTHER_SETS[i];
            double target = 0.9 * mixed + 0.05;
            double sigmoid = sigmoid(X[i] * p[i % K]);
            sum -= weights.get(i % K) * target * Math.log(sigmoid);
            sum -= (1 - target) * Math.log(1 - sigmoid);
          }
          return sum / (N * K);
        });
  }

  /** Each label is two outcomes: the divergence of Bernoulli distributions, the mean of all. */
  @Test
  void distillationOfSeveralLabels() {
    Distillation distillation = new Distillation(0.3, 4);
    LossOptions loss = new LossOptions(Kind.BCE, 0, List.of(), Optional.of(distillation));
    checkSets(
        loss,
        p -> {
          double hard = 0;
          double soft = 0;
          for (int i = 0; i < N * K; i++) {
            double target = LAMBDA * SETS[i] + (1 - LAMBDA) * OTHER_SETS[i];
            double own = sigmoid(X[i] * p[i % K]);
            hard -= target * Math.log(own) + (1 - target) * Math.log(1 - own);
            double q = sigmoid(TEACHER[i] / 4);
            double s = sigmoid(X[i] * p[i % K] / 4);
            soft += q * Math.log(q / s) + (1 - q) * Math.log((1 - q) / (1 - s));
          }
          return (0.7 * hard + 0.3 * 16 * soft) / (N * K);
        });
  }

  @Test
  void whatIsValidatedIsThePlainMeanOfTheLabels() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(TinyNetwork.of("", K), "cpu");
              NDManager step = program.newStep()) {
            double sum = 0;
            for (int i = 0; i < N * K; i++) {
              sum -= Math.log(SETS[i] == 1 ? sigmoid(X[i]) : 1 - sigmoid(X[i])) / K;
            }
            assertThat(program.lossSum(step, array(step, X), sets(step, SETS)))
                .isCloseTo(sum, within(1e-6)); // float32 against float64
          }
          return true;
        });
  }

  private interface Formula {
    double of(double[] p);
  }

  private static void check(LossOptions loss, List<Double> auxiliary, Formula formula) {
    check(loss, auxiliary, step -> labels(step, LABELS), step -> labels(step, OTHERS), formula);
  }

  private static void checkSets(LossOptions loss, Formula formula) {
    check(loss, List.of(), step -> sets(step, SETS), step -> sets(step, OTHER_SETS), formula);
  }

  private static void check(
      LossOptions loss,
      List<Double> auxiliary,
      Function<NDManager, NDArray> own,
      Function<NDManager, NDArray> others,
      Formula formula) {
    String heads =
        """
          def forward_aux(self: __torch__.One, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
            p = self.p
            y = torch.mul(x, p)
            return (y, torch.mul(y, 2), torch.mul(y, 3))
        """;
    ProgramOptions options = new ProgramOptions(Precision.FP32, false, auxiliary);
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program =
                  TrainingProgram.open(TinyNetwork.of(heads, K), "cpu", options);
              NDManager step = program.newStep()) {
            program.train(Set.of("p"));
            NDArray teacher =
                loss.distillation().isPresent() ? array(step, TEACHER) : step.create(new Shape(0));
            TrainingProgram.Targets targets =
                new TrainingProgram.Targets(own.apply(step), others.apply(step), LAMBDA, teacher);
            Gradients found =
                program.gradients(
                    step, array(step, X), targets, loss, program.parameters(), 0, 0.5);
            double[] p = Uniform.u("p", K);
            // float32 against float64 on numbers of order 1
            assertThat((double) found.loss()).isCloseTo(formula.of(p), within(1e-6));
            for (int k = 0; k < K; k++) {
              assertThat((double) found.arrays().get(0).toFloatArray()[k])
                  .isCloseTo(0.5 * derivative(formula, p, k), within(1e-6)); // scale 0.5
            }
          }
          return true;
        });
  }

  private static double derivative(Formula formula, double[] p, int k) {
    double[] above = p.clone();
    double[] below = p.clone();
    above[k] += 1e-5;
    below[k] -= 1e-5;
    return (formula.of(above) - formula.of(below)) / 2e-5;
  }

  private static double ce(double[] p, int[] labels, double smoothing, double times) {
    double sum = 0;
    for (int i = 0; i < N; i++) {
      double[] log = logSoftmax(i, scaled(p, times), 1);
      for (int k = 0; k < K; k++) {
        sum -= target(labels[i], k, smoothing) * log[k];
      }
    }
    return sum / N;
  }

  private static double target(int label, int k, double smoothing) {
    return (label == k ? 1 - smoothing : 0) + smoothing / K;
  }

  private static double[] scaled(double[] p, double times) {
    double[] z = new double[N * K];
    for (int i = 0; i < z.length; i++) {
      z[i] = X[i] * p[i % K] * times;
    }
    return z;
  }

  private static double[] logSoftmax(int row, double[] logits, double temperature) {
    double sum = 0;
    for (int k = 0; k < K; k++) {
      sum += Math.exp(logits[row * K + k] / temperature);
    }
    double[] log = new double[K];
    for (int k = 0; k < K; k++) {
      log[k] = logits[row * K + k] / temperature - Math.log(sum);
    }
    return log;
  }

  private static NDArray labels(NDManager step, int[] labels) {
    return step.create(Arrays.stream(labels).asLongStream().toArray());
  }

  private static NDArray sets(NDManager step, long[] sets) {
    return step.create(sets, new Shape(N, K));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static NDArray array(NDManager step, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return step.create(floats, new Shape(N, K));
  }
}
