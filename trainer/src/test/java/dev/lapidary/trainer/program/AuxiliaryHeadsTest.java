package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Architecture.AuxiliaryHead;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Auxiliary heads of whole networks: their losses come in with their papers' weights. */
class AuxiliaryHeadsTest {
  private static final int BATCH = 2;

  @Test
  void ofGoogLeNet() {
    check("googlenet", List.of(0.3, 0.3), 64);
  }

  /** Its auxiliary head needs the whole 299 pixels. */
  @Test
  @Tag("proof")
  void ofInception() {
    check("inception_v3", List.of(0.4), 299);
  }

  /** The same seed gives the same dropout, so the parts of the loss can be told from each other. */
  private static void check(String name, List<Double> weights, int side) {
    TorchScriptArchive network = Zoo.find(name).build(ZooOptions.of(3, 1));
    List<AuxiliaryHead> heads = Zoo.find(name).auxiliaryHeads();
    assertThat(heads).extracting(AuxiliaryHead::lossWeight).isEqualTo(weights);
    List<Double> none = Collections.nCopies(weights.size(), 0.0);
    double own = gradients(network, none, side).loss();
    double expected = own;
    for (int i = 0; i < weights.size(); i++) {
      List<Double> one = new ArrayList<>(none);
      one.set(i, 1.0);
      double head = gradients(network, one, side).loss() - own;
      assertThat(head).isBetween(0.1, 10.0); // about ln 3
      expected += weights.get(i) * head;
    }
    Trained both = gradients(network, weights, side);
    assertThat(both.loss()).isCloseTo(expected, within(1e-5)); // float32 sums of order 1
    for (AuxiliaryHead head : heads) {
      String below = head.name().substring(0, head.name().indexOf('.') + 1);
      assertThat(both.withGradient()).anyMatch(parameter -> parameter.startsWith(below));
      assertThat(gradients(network, List.of(), side).withGradient())
          .noneMatch(parameter -> parameter.startsWith(below));
    }
  }

  private record Trained(double loss, Set<String> withGradient) {}

  private static Trained gradients(TorchScriptArchive network, List<Double> weights, int side) {
    ProgramOptions options = new ProgramOptions(Precision.FP32, false, weights);
    return Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network, "cpu", options);
              NDManager step = program.newStep()) {
            program.train(
                program.parameters().stream().map(ProgramTensor::name).collect(Collectors.toSet()));
            Gradients gradients =
                program.gradients(
                    step,
                    step.create(
                        Uniform.tensor("x", BATCH, 3, side, side).toFloats(),
                        new Shape(BATCH, 3, side, side)),
                    TrainingProgram.Targets.of(step.create(new long[] {0, 2})),
                    new LossOptions(0, List.of()),
                    program.parameters(),
                    5,
                    1);
            return new Trained(
                gradients.loss(),
                gradients.parameters().stream()
                    .map(ProgramTensor::name)
                    .collect(Collectors.toSet()));
          }
        });
  }
}
