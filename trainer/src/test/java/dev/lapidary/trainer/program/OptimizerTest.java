package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One tensor p = u("p", 8), gradients u("g/t", 8), the rate times 0.1 before step 26. */
class OptimizerTest {
  private static final JsonNode GOLDEN = Golden.json("optimizers.json").get("optimizers");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sgd lr=0.1 | sgd | 0.1 | 0",
        "sgd lr=0.1 momentum=0.9 | momentum | 0.1 | 0",
        "sgd lr=0.1 momentum=0.9 nesterov weight_decay=0.01 | nesterov | 0.1 | 0.01",
        "sgd lr=0.1 momentum=0.9 dampening=0.5 | dampening | 0.1 | 0",
        "adam lr=0.01 | adam | 0.01 | 0",
        "adam lr=0.01 weight_decay=0.1 | adam | 0.01 | 0.1",
        "adamw lr=0.01 weight_decay=0.1 betas=0.9,0.95 | adamw | 0.01 | 0.1"
      })
  void equalsPyTorch(String golden, String rule, double lr, double decay) {
    JsonNode expected = GOLDEN.get(golden);
    List<float[]> trajectory = run(rule(rule), lr, decay, Integer.MAX_VALUE);
    for (var step : expected.properties()) {
      float[] values = trajectory.get(Integer.parseInt(step.getKey()) - 1);
      for (int i = 0; i < values.length; i++) {
        // The golden values are float32 results printed with nine digits.
        assertThat((double) values[i])
            .as("step %s element %d", step.getKey(), i)
            .isCloseTo(step.getValue().get(i).asDouble(), within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sgd",
    "momentum",
    "nesterov",
    "dampening",
    "adam",
    "adamw",
    "rmsprop",
    "lars",
    "lamb"
  })
  void savedStateContinuesBitForBit(String rule) {
    List<float[]> straight = run(rule(rule), 0.01, 0.1, Integer.MAX_VALUE);
    List<float[]> interrupted = run(rule(rule), 0.01, 0.1, 20);
    assertThat(interrupted.get(49)).containsExactly(straight.get(49));
  }

  @Test
  void rmspropEqualsItsFormula() {
    UpdateRule.RmsProp rule = new UpdateRule.RmsProp(0.99, 1e-8, 0.9);
    List<float[]> trajectory = run(rule, 0.01, 0.1, Integer.MAX_VALUE);
    double[] p = Uniform.u("p", 8);
    double[] v = new double[8];
    double[] m = new double[8];
    for (int t = 1; t <= 50; t++) {
      double[] g = Uniform.u("g/" + t, 8);
      double lr = t < 26 ? 0.01 : 0.001;
      for (int i = 0; i < 8; i++) {
        double decayed = g[i] + 0.1 * p[i];
        v[i] = 0.99 * v[i] + 0.01 * decayed * decayed;
        m[i] = 0.9 * m[i] + decayed / (Math.sqrt(v[i]) + 1e-8);
        p[i] -= lr * m[i];
        // float32 against float64 over 50 steps of order 0.1
        assertThat((double) trajectory.get(t - 1)[i]).isCloseTo(p[i], within(2e-6));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void larsEqualsAlgorithm1OfItsPaper(int dimensions) {
    List<float[]> trajectory = run(rule("lars"), 0.5, 0.1, Integer.MAX_VALUE, dimensions);
    double[] w = Uniform.u("p", 8);
    double[] v = new double[8];
    for (int t = 1; t <= 50; t++) {
      double[] g = Uniform.u("g/" + t, 8);
      double lr = t < 26 ? 0.5 : 0.05;
      double local = dimensions == 1 ? 1 : 0.02 * norm(w) / (norm(g) + 0.1 * norm(w));
      for (int i = 0; i < 8; i++) {
        v[i] = 0.9 * v[i] + lr * local * (g[i] + 0.1 * w[i]);
        w[i] -= v[i];
      }
      assertClose(trajectory.get(t - 1), w, t);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void lambEqualsAlgorithm2OfItsPaper(int dimensions) {
    List<float[]> trajectory = run(rule("lamb"), 0.01, 0.1, Integer.MAX_VALUE, dimensions);
    double[] w = Uniform.u("p", 8);
    double[] m = new double[8];
    double[] v = new double[8];
    for (int t = 1; t <= 50; t++) {
      double[] g = Uniform.u("g/" + t, 8);
      double[] step = new double[8];
      for (int i = 0; i < 8; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        double first = m[i] / (1 - Math.pow(0.9, t));
        double second = v[i] / (1 - Math.pow(0.999, t));
        step[i] = first / (Math.sqrt(second) + 1e-6) + 0.1 * w[i];
      }
      double ratio = dimensions == 1 ? 1 : norm(w) / norm(step);
      for (int i = 0; i < 8; i++) {
        w[i] -= (t < 26 ? 0.01 : 0.001) * ratio * step[i];
      }
      assertClose(trajectory.get(t - 1), w, t);
    }
  }

  @Test
  void aGroupsMomentumIsInForceForItsParametersOnly() {
    float[] own = run(rule("momentum"), 0.1, 0, 1, 1, Optional.of(0.5)).get(49);
    float[] plain = run(UpdateRule.Sgd.of(0.5), 0.1, 0, 1, 1, Optional.empty()).get(49);
    assertThat(own).containsExactly(plain);
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(x -> x * x).sum());
  }

  /** float32 against float64 over 50 steps, values of order 1. */
  private static void assertClose(float[] actual, double[] expected, int t) {
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("step %d", t).isCloseTo(expected[i], within(5e-6));
    }
  }

  private static List<float[]> run(UpdateRule rule, double lr, double decay, int swapAt) {
    return run(rule, lr, decay, swapAt, 1);
  }

  private static List<float[]> run(
      UpdateRule rule, double lr, double decay, int swapAt, int dimensions) {
    return run(rule, lr, decay, swapAt, dimensions, Optional.empty());
  }

  /** The parameter after each of 50 steps; before step {@code swapAt} the state is restored. */
  private static List<float[]> run(
      UpdateRule rule,
      double lr,
      double decay,
      int swapAt,
      int dimensions,
      Optional<Double> momentum) {
    Shape shape = dimensions == 1 ? new Shape(8) : new Shape(2, 4);
    return Libtorch.call(
        1,
        () -> {
          List<float[]> trajectory = new java.util.ArrayList<>();
          try (TrainingProgram program =
              TrainingProgram.open(TinyNetwork.of(shape.getShape()), "cpu")) {
            Optimizer optimizer = new Optimizer(program, rule);
            for (int t = 1; t <= 50; t++) {
              if (t == swapAt) {
                Map<String, Tensor> saved = optimizer.save();
                optimizer.close();
                optimizer = new Optimizer(program, rule);
                optimizer.restore(saved);
              }
              double rate = t < 26 ? lr : lr * 0.1;
              try (NDManager step = program.newStep()) {
                float[] g = Uniform.tensor("g/" + t, 8).toFloats();
                NDArray gradient = step.create(g, shape);
                Gradients gradients =
                    new Gradients(0, gradient, program.parameters(), List.of(gradient));
                optimizer.apply(step, gradients, name -> new Optimizer.Rate(rate, decay, momentum));
              }
              trajectory.add(program.parameters().get(0).copy().toFloats());
            }
          }
          return trajectory;
        });
  }

  private static UpdateRule rule(String name) {
    return switch (name) {
      case "sgd" -> UpdateRule.Sgd.of(0);
      case "momentum" -> UpdateRule.Sgd.of(0.9);
      case "nesterov" -> new UpdateRule.Sgd(0.9, 0, true);
      case "dampening" -> new UpdateRule.Sgd(0.9, 0.5, false);
      case "adam" -> new UpdateRule.Adam(0.9, 0.999, 1e-8);
      case "adamw" -> new UpdateRule.AdamW(0.9, 0.95, 1e-8);
      case "rmsprop" -> new UpdateRule.RmsProp(0.99, 1e-8, 0.9);
      case "lars" -> new UpdateRule.Lars(0.9, 0.02);
      case "lamb" -> new UpdateRule.Lamb(0.9, 0.999, 1e-6);
      default -> throw new IllegalArgumentException(name);
    };
  }
}
