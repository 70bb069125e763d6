package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.StateDict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A traced archive trains as its scripted twin does: BatchNorm, its batch count and dropout are
 * live. EfficientNet and Swin cannot: their stochastic depth was lost when they were traced.
 */
class TracedTwinTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet_bottleneck",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "squeezenet",
        "densenet",
        "regnet_y",
        "convnext",
        "vit"
      })
  void givesTheLossesOfItsScriptedTwin(String family) {
    Optional<Path> scripted = Golden.archive(family, "scripted");
    Optional<Path> traced = Golden.archive(family, "traced");
    assumeTrue(scripted.isPresent() && traced.isPresent(), "not in the repository");
    List<Double> expected = losses(scripted.get());
    List<Double> found = losses(traced.get());
    for (int t = 0; t < expected.size(); t++) {
      assertThat(found.get(t))
          .as("%s step %d", family, t)
          .isCloseTo(expected.get(t), within(1e-5 * Math.abs(expected.get(t))));
    }
  }

  /**
   * With its twin's weights, since they were made apart. EfficientNet and Swin lost their
   * stochastic depth when they were exported.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet_bottleneck",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "densenet",
        "regnet_y",
        "convnext",
        "vit"
      })
  void anExportedProgramDoesToo(String family) {
    Optional<Path> scripted = Golden.archive(family, "scripted");
    Optional<Path> exported = Golden.exported(family);
    assumeTrue(scripted.isPresent() && exported.isPresent(), "not in the repository");
    List<Double> expected = losses(scripted.get());
    List<Double> found = losses(withWeights(exported.get(), scripted.get()));
    for (int t = 0; t < expected.size(); t++) {
      assertThat(found.get(t))
          .as("%s step %d", family, t)
          .isCloseTo(expected.get(t), within(1e-5 * Math.abs(expected.get(t))));
    }
  }

  @Test
  void saysWhatItRewroteAndWhatIsLost() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = open("mobilenet_v3_small", "traced");
              TrainingProgram scripted = open("mobilenet_v3_small", "scripted")) {
            assertThat(program.notes())
                .singleElement()
                .asString()
                .startsWith("traced archive: 34 BatchNorm and 1 Dropout follow the train mode")
                .contains("stochastic depth");
            assertThat(scripted.notes()).isEmpty();
          }
          return true;
        });
  }

  @Test
  void saysWhatAnExportedProgramLost() {
    Libtorch.call(
        1,
        () -> {
          TorchScriptArchive archive =
              NetworkFile.read(Golden.exported("efficientnet").orElseThrow());
          try (TrainingProgram program = TrainingProgram.open(archive, "cpu")) {
            assertThat(program.notes())
                .containsExactly(
                    "program of torch.export: BatchNorm and Dropout follow the train mode again;"
                        + " stochastic depth and other random branches were lost when it was"
                        + " exported in eval mode");
          }
          return true;
        });
  }

  private static TrainingProgram open(String family, String kind) {
    return TrainingProgram.open(
        ArchiveReader.read(Golden.archive(family, kind).orElseThrow()), "cpu");
  }

  private static TorchScriptArchive withWeights(Path file, Path twin) {
    TorchScriptArchive archive = NetworkFile.read(file);
    StateDict weights = StateDict.of(ArchiveReader.read(twin));
    List<StateDict.Entry> entries = StateDict.of(archive).entries();
    assertThat(entries)
        .extracting(StateDict.Entry::name)
        .containsExactlyInAnyOrderElementsOf(weights.tensors().keySet());
    for (StateDict.Entry entry : entries) {
      entry
          .owner()
          .attributes()
          .put(entry.attribute(), weights.find(entry.name()).orElseThrow().value());
    }
    return archive;
  }

  private static List<Double> losses(Path archive) {
    return losses(ArchiveReader.read(archive));
  }

  private static List<Double> losses(TorchScriptArchive archive) {
    return Libtorch.call(
        1,
        () -> {
          List<Double> losses = new ArrayList<>();
          try (TrainingProgram program = TrainingProgram.open(archive, "cpu");
              Optimizer optimizer = new Optimizer(program, UpdateRule.Sgd.of(0.9))) {
            List<ProgramTensor> all = program.parameters();
            program.train(all.stream().map(ProgramTensor::name).collect(Collectors.toSet()));
            int live = 0;
            for (int t = 0; t < 3; t++) {
              losses.add((double) step(program, optimizer, all, t));
              assertThat(t == 0 || program.liveArrays() == live).as("arrays leak").isTrue();
              live = program.liveArrays();
            }
          }
          return losses;
        });
  }

  private static float step(
      TrainingProgram program, Optimizer optimizer, List<ProgramTensor> all, int t) {
    try (NDManager step = program.newStep()) {
      float[] x = Uniform.tensor("x/" + t, 2, 3, 224, 224).toFloats();
      TrainingProgram.Targets targets =
          TrainingProgram.Targets.of(step.create(new long[] {t, t + 1}));
      Gradients gradients =
          program.gradients(
              step,
              step.create(x, new Shape(2, 3, 224, 224)),
              targets,
              new LossOptions(0, List.of()),
              all,
              t,
              1);
      optimizer.apply(step, gradients, name -> new Optimizer.Rate(1e-3, 1e-4));
      return gradients.loss();
    }
  }
}
