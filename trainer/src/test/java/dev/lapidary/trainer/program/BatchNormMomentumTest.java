package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Running statistics follow at least as fast as they are told to, by PyTorch's own rule. */
class BatchNormMomentumTest {
  private static final String NORM = "torch.batch_norm(x, w, b, m, v, mode, %s, 1.0e-03, True)";

  private static String network(String momentum) {
    return """
    def normed(x: Tensor, w: Tensor, b: Tensor, m: Tensor, v: Tensor, mode: bool, momentum: float) -> Tensor:
      return NORM
    class Net(Module):
      __parameters__ = ["w", "b", ]
      __buffers__ = ["m", "v", ]
      w : Tensor
      b : Tensor
      m : Tensor
      v : Tensor
      training : bool
      def forward(self: __torch__.Net,
        x: Tensor) -> Tensor:
        w = self.w
        b = self.b
        m = self.m
        v = self.v
        mode = self.training
        y = CALL
        return y
    """
        .replace("NORM", NORM.formatted("momentum"))
        .replace(
            "CALL",
            momentum.startsWith("scripted ")
                ? "__torch__.normed(x, w, b, m, v, mode, %s, )".formatted(momentum.substring(9))
                : NORM.formatted(momentum));
  }

  private static TorchScriptArchive archive(String momentum) {
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("w", new PyTensor(Uniform.tensor("w", 3), true));
    root.attributes().put("b", new PyTensor(Uniform.tensor("b", 3), true));
    root.attributes().put("m", new PyTensor(floats(0, 0, 0), false));
    root.attributes().put("v", new PyTensor(floats(1, 1, 1), false));
    root.attributes().put("training", new PyBool(true));
    return new TorchScriptArchive(
        "net",
        3,
        new TreeMap<>(Map.of("__torch__.py", network(momentum))),
        root,
        List.of(),
        new TreeMap<>());
  }

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  /** After one batch whose channels have the means 2, 4 and 6, the part of it in what was 0. */
  private static double moved(TrainingProgram program) {
    try (NDManager step = program.newStep()) {
      float[] x = {1, 2, 3, 3, 6, 9};
      program.train(Set.of("w", "b"));
      program.gradients(
          step,
          step.create(x, new Shape(2, 3)),
          TrainingProgram.Targets.of(step.create(new long[] {0, 2})),
          new LossOptions(0, List.of()),
          program.parameters(),
          1,
          1);
      float[] mean =
          program.tensors().stream()
              .filter(tensor -> tensor.name().equals("m"))
              .findFirst()
              .orElseThrow()
              .array()
              .toFloatArray();
      assertThat(mean[1] / mean[0]).isCloseTo(2f, within(1e-5f));
      return mean[0] / 2;
    }
  }

  /** A literal as tracing writes it, and a function's parameter as scripting does. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.01 | 0.1 | 0.1",
        "0.00029999999999996696 | 0.1 | 0.1",
        "0.1 | 0.1 | 0.1",
        "0.3 | 0.1 | 0.3",
        "0.01 | 1 | 1",
        "scripted 0.01 | 0.1 | 0.1",
        "scripted 0.3 | 0.1 | 0.3",
        "0.01 | | 0.01",
        "scripted 0.01 | | 0.01",
      })
  void theStatisticsMoveByTheGreaterOfTheTwo(String own, Double least, double expected) {
    ProgramOptions options = PlainProgram.withBatchNormMomentum(Optional.ofNullable(least));
    TorchScriptArchive archive = archive(own);
    double found =
        Libtorch.call(
            1,
            () -> {
              try (TrainingProgram program = TrainingProgram.open(archive, "cpu", options)) {
                return moved(program);
              }
            });
    assertThat(found).isCloseTo(expected, within(1e-6));
    assertThat(archive.code()).containsEntry("__torch__.py", network(own)); // what is delivered
  }

  @Test
  void saysWhatItRaised() {
    TreeMap<String, String> code =
        new TreeMap<>(
            Map.of(
                "a.py", network("0.010000000000000009"),
                "b.py", network("0.00029999999999996696"),
                "c.py", network("0.1")));
    Optional<Double> least = Optional.of(0.1);
    assertThat(BatchNormMomentum.atLeast(code, least).notes(least))
        .containsExactly(
            "BatchNorm: running statistics move by 0.1 of each batch in training, not by the"
                + " network's 0.0003, 0.01");
    code.remove("a.py");
    code.remove("b.py");
    assertThat(BatchNormMomentum.atLeast(code, least).notes(least)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.batch_norm(x, w, b, m, v, mode, 0.1, 1.0e-03, True)",
        "torch.batch_norm(x, w, b, m, v, mode, 0.5, 1.0e-03, True)",
        "mytorch.batch_norm(x, w, b, m, v, mode, 0.01, 1.0e-03, True)",
        "torch.instance_norm(x, w, b, m, v, mode, 0.01, 1.0e-03, True)",
        "f(x, \"torch.batch_norm(x, w, b, m, v, mode, 0.01, 1.0e-03, True)\")",
        "x # torch.batch_norm(x, w, b, m, v, mode, 0.01, 1.0e-03, True)",
      })
  void otherTextStaysLetterByLetter(String call) {
    String text = "def f(x: Tensor) -> Tensor:\n  return " + call + "\n";
    TreeMap<String, String> code = new TreeMap<>(Map.of("a.py", text));
    assertThat(BatchNormMomentum.atLeast(code, Optional.of(0.1)).code()).isEqualTo(code);
  }

  @Test
  void aNormInsideOfACallIsFound() {
    String text = "def f(x: Tensor) -> Tensor:\n  return torch.relu(NORM) # last\n";
    String inner = NORM.formatted("0.01").replace("(x,", "(" + NORM.formatted("0.02") + ",");
    TreeMap<String, String> code = new TreeMap<>(Map.of("a.py", text.replace("NORM", inner)));
    assertThat(BatchNormMomentum.atLeast(code, Optional.of(0.1)).code().get("a.py"))
        .contains("# last")
        .doesNotContain("0.01,", "0.02,")
        .containsPattern("0\\.1, .*0\\.1, ");
  }
}
