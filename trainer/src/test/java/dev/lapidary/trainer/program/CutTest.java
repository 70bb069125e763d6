package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two sides of a cut, one after the other, are the network: in evaluation and in training. */
class CutTest {
  private static final int BATCH = 5;

  @ParameterizedTest
  @CsvSource({
    "resnet20_cifar, fc, fc, 32",
    "resnet20_cifar, layer3.2 fc, layer3.2, 32",
    "resnet20_cifar, layer2.1.bn2 fc, layer2.1, 32",
    "mobilenet_v3_small, features.11 classifier, features.11, 64",
    "efficientnet_b0, features.8.1 classifier, features.8.1, 64",
    "densenet121, features.norm5 classifier, features.norm5, 64",
    "shufflenet_v2_x0_5, conv5 fc, conv5, 64",
    "squeezenet1_1, classifier, classifier, 64",
  })
  void ofAZooNetwork(String name, String trained, String before, int side) {
    check(Zoo.find(name).build(ZooOptions.of(7, 3)), trained, before, side);
  }

  @ParameterizedTest
  @CsvSource({
    "mobilenet_v3_small, scripted, classifier.3, classifier.2",
    "mobilenet_v3_small, traced, classifier.3, classifier.2",
    "mobilenet_v3_small, scripted, features.12 classifier, features.12",
    "mobilenet_v3_small, traced, features.12.1 classifier, features.12.1",
    "regnet_y, scripted, fc, fc",
    "regnet_y, traced, fc, fc",
    "regnet_y, scripted, trunk_output.block4 fc, trunk_output.block4",
    "regnet_y, traced, trunk_output.block4 fc, trunk_output.block4",
    "efficientnet, scripted, classifier, classifier",
    "efficientnet, traced, classifier, classifier",
    "convnext, scripted, classifier, classifier",
    "convnext, traced, classifier, classifier",
    "swin, scripted, head, head",
    "swin, traced, head, head",
    "vit, scripted, heads, heads",
  })
  void ofAThirdPartysNetwork(String family, String kind, String trained, String before) {
    Golden.archive(family, kind)
        .ifPresent(file -> check(ArchiveReader.read(file), trained, before, 224));
  }

  @Test
  void everythingTrainedLeavesNothingToKeep() {
    TorchScriptArchive network = Zoo.find("resnet20_cifar").build(ZooOptions.of(7, 3));
    CutFinder.Found found = CutFinder.find(network, parameters(network, ""));
    assertThat(found.cut()).isEmpty();
    assertThat(found.reason()).isEqualTo("conv1 comes first and is trained or random");
  }

  private static void check(TorchScriptArchive network, String patterns, String before, int side) {
    Set<String> trained = new TreeSet<>();
    for (String pattern : patterns.split(" ")) {
      trained.addAll(parameters(network, pattern + "."));
    }
    CutFinder.Found found = CutFinder.find(network, trained);
    assertThat(found.cut()).as(found.reason()).isPresent();
    assertThat(found.cut().get().before()).isEqualTo(before);
    Libtorch.call(1, () -> same(network, trained, found.cut().get(), side));
  }

  private static boolean same(
      TorchScriptArchive network, Set<String> trained, NetworkCut cut, int side) {
    ProgramOptions options = PlainProgram.with(cut);
    try (TrainingProgram program = TrainingProgram.open(network, "cpu", options);
        NDManager step = program.newStep()) {
      NDArray images =
          step.create(
              Uniform.tensor("x", BATCH, 3, side, side).toFloats(),
              new Shape(BATCH, 3, side, side));
      program.train(trained);
      List<ProgramTensor> parameters =
          program.parameters().stream().filter(p -> trained.contains(p.name())).toList();
      NDArray features = program.features(step, 1, images, 1);
      float[] kept = features.toFloatArray();
      assertThat(program.features(step, 1, images, 2).toFloatArray()).isEqualTo(kept);
      NDArray again = step.create(kept, features.getShape());
      TrainingProgram.Targets targets =
          TrainingProgram.Targets.of(step.create(new long[] {0, 1, 2, 3, 4}));
      LossOptions loss = new LossOptions(0.1, List.of());
      program.eval();
      assertThat(program.logits(step, 1, again).toFloatArray())
          .isEqualTo(program.logits(step, images).toFloatArray());
      program.train(trained);
      Gradients whole = program.gradients(step, images, targets, loss, parameters, 9, 1);
      Gradients tail = program.gradients(step, 1, again, targets, loss, parameters, 9, 1);
      assertThat(tail.loss()).isEqualTo(whole.loss());
      assertThat(tail.parameters()).isEqualTo(whole.parameters());
      for (int i = 0; i < whole.arrays().size(); i++) {
        assertThat(tail.arrays().get(i).toFloatArray())
            .as(whole.parameters().get(i).name())
            .isEqualTo(whole.arrays().get(i).toFloatArray());
      }
    }
    return true;
  }

  private static Set<String> parameters(TorchScriptArchive network, String prefix) {
    return StateDict.of(network).entries().stream()
        .filter(e -> e.kind() == StateDict.Kind.PARAMETER && e.name().startsWith(prefix))
        .map(StateDict.Entry::name)
        .collect(Collectors.toSet());
  }
}
