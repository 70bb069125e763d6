package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Networks whose text names operators of a newer PyTorch than this libtorch is of. */
class NewerArchiveTest {
  private static final String DEAD =
      """
        def unused(self: __torch__.One,
          x: Tensor) -> Tensor:
          n = torch.new_op(x, "torch.new_op(")
          return torch.relu(torch.view(x, [n]), new=0.5)
      """;

  @Test
  void trainsWhatDoesNotCallThem() {
    TorchScriptArchive plain = TinyNetwork.of(3);
    TorchScriptArchive newer = TinyNetwork.of(DEAD, 3);
    List<Float> expected = gradients(plain);
    assertThat(gradients(newer)).isEqualTo(expected);
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(newer, "cpu")) {
            assertThat(program.notes())
                .containsExactly(
                    "libtorch 2.7.1 lacks aten::new_op, which the archive's text names: it trains"
                        + " as long as no image comes to it",
                    "libtorch 2.7.1 lacks such a call of aten::view, which the archive's text names:"
                        + " it trains as long as no image comes to it",
                    "libtorch 2.7.1 lacks such a call of aten::relu, which the archive's text names:"
                        + " it trains as long as no image comes to it");
          }
          return true;
        });
  }

  @Test
  void anArgumentThatAsksForNothingNewIsLeftOut() {
    TorchScriptArchive newer = network("torch.mul(x, p)", "torch.mul(x, p, new=None)");
    assertThat(gradients(newer)).isEqualTo(gradients(TinyNetwork.of(3)));
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(newer, "cpu")) {
            assertThat(program.notes())
                .containsExactly(
                    "libtorch 2.7.1 lacks the argument new=None of aten::mul, which the archive's"
                        + " text names: it is left out");
          }
          return true;
        });
  }

  /** Evaluation never comes to it, and training does. */
  @Test
  void whatTrainingNeedsIsRefusedInTraining() {
    TorchScriptArchive newer =
        network(
            "    return torch.mul(x, p)",
            """
                if self.training:
                  y = torch.mul(torch.new_op(x), p)
                else:
                  y = torch.mul(x, p)
                return y
            """
                .stripTrailing());
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(newer, "cpu");
              NDManager step = program.newStep()) {
            program.eval();
            NDArray x = step.ones(new Shape(2, 3));
            assertThat(program.logits(step, x).getShape()).isEqualTo(new Shape(2, 3));
            program.train(Set.of("p"));
            assertThatThrownBy(() -> program.logits(step, x))
                .isInstanceOf(Failure.class)
                .hasMessage(
                    "libtorch 2.7.1 does not know how the network calls aten::new_op, and it"
                        + " computes with that; write it with PyTorch 2.7 or older, or without that"
                        + " operator")
                .extracting(e -> ((Failure) e).code())
                .isEqualTo(ExitCode.UNSUPPORTED);
          }
          return true;
        });
  }

  @Test
  void whatIsWrongOtherwiseIsRefusedAsBefore() {
    TorchScriptArchive damaged = network("torch.mul(x, p)", "torch.mul(x, self.q)");
    assertThatThrownBy(() -> Libtorch.call(1, () -> TrainingProgram.open(damaged, "cpu")))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[one] libtorch cannot load it: ")
        .extracting(e -> ((Failure) e).code())
        .isEqualTo(ExitCode.BAD_INPUT);
  }

  private static TorchScriptArchive network(String old, String other) {
    TorchScriptArchive plain = TinyNetwork.of(3);
    TreeMap<String, String> code = new TreeMap<>(plain.code());
    code.replaceAll((path, text) -> text.replace(old, other));
    assertThat(code).isNotEqualTo(plain.code());
    return plain.withCode(code);
  }

  private static List<Float> gradients(TorchScriptArchive network) {
    return Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network, "cpu");
              NDManager step = program.newStep()) {
            program.train(Set.of("p"));
            Gradients found =
                program.gradients(
                    step,
                    step.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)),
                    TrainingProgram.Targets.of(step.create(new long[] {0, 2})),
                    new LossOptions(0, List.of()),
                    program.parameters(),
                    1,
                    1);
            float[] gradient = found.arrays().get(0).toFloatArray();
            return List.of(found.loss(), gradient[0], gradient[1], gradient[2]);
          }
        });
  }
}
