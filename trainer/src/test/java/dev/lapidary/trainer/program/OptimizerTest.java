package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.models.Golden;
import dev.lapidary.models.archive.PyValue.PyBool;
import dev.lapidary.models.archive.PyValue.PyObject;
import dev.lapidary.models.archive.PyValue.PyTensor;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.tensor.Uniform;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  @CsvSource({"sgd", "momentum", "nesterov", "dampening", "adam", "adamw", "rmsprop"})
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

  /** The parameter after each of 50 steps; before step {@code swapAt} the state is restored. */
  private static List<float[]> run(UpdateRule rule, double lr, double decay, int swapAt) {
    return Libtorch.call(
        1,
        () -> {
          List<float[]> trajectory = new java.util.ArrayList<>();
          try (TrainingProgram program = TrainingProgram.open(oneTensor(), "cpu")) {
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
                NDArray gradient = step.create(g, new Shape(8));
                Gradients gradients =
                    new Gradients(0, gradient, program.parameters(), List.of(gradient));
                optimizer.apply(step, gradients, name -> new Optimizer.Rate(rate, decay));
              }
              trajectory.add(program.parameters().get(0).copy().toFloats());
            }
          }
          return trajectory;
        });
  }

  private static UpdateRule rule(String name) {
    return switch (name) {
      case "sgd" -> new UpdateRule.Sgd(0, 0, false);
      case "momentum" -> new UpdateRule.Sgd(0.9, 0, false);
      case "nesterov" -> new UpdateRule.Sgd(0.9, 0, true);
      case "dampening" -> new UpdateRule.Sgd(0.9, 0.5, false);
      case "adam" -> new UpdateRule.Adam(0.9, 0.999, 1e-8);
      case "adamw" -> new UpdateRule.AdamW(0.9, 0.95, 1e-8);
      case "rmsprop" -> new UpdateRule.RmsProp(0.99, 1e-8, 0.9);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static TorchScriptArchive oneTensor() {
    String text =
        """
        class One(Module):
          __parameters__ = ["p", ]
          __buffers__ = []
          p : Tensor
          training : bool
          def forward(self: __torch__.One,
            x: Tensor) -> Tensor:
            p = self.p
            return torch.mul(x, p)
        """;
    PyObject root = new PyObject("__torch__.One");
    root.attributes().put("p", new PyTensor(Uniform.tensor("p", 8), true));
    root.attributes().put("training", new PyBool(true));
    return new TorchScriptArchive(
        "one", 3, new TreeMap<>(Map.of("__torch__.py", text)), root, List.of(), new TreeMap<>());
  }
}
