package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.program.Optimizer.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Steps with gradient checkpointing leave the bits that steps without it leave, in every tensor.
 */
class CheckpointingTest {
  private static final int BATCH = 4;
  private static final int STEPS = 3;
  private static final long SEED = 7;

  /** BatchNorm is live everywhere; the dropouts lie before the head. */
  @ParameterizedTest
  @CsvSource({
    "resnet20_cifar, '', 16",
    "resnet20_cifar, layer2.1 layer3 fc, 16",
    "resnet20_cifar, fc, 16",
    "mobilenet_v3_small, '', 32",
    "densenet121, '', 32",
    "shufflenet_v2_x0_5, '', 32",
    "squeezenet1_1, '', 64",
  })
  void ofAZooNetwork(String name, String trained, int side) {
    check(zoo(name, side), ProgramOptions.PLAIN, trained, side);
  }

  @Test
  void inLowPrecisionAndChannelsLast() {
    ProgramOptions options = new ProgramOptions(Precision.BF16, true, List.of());
    check(zoo("resnet20_cifar", 16), options, "", 16);
  }

  private static TorchScriptArchive zoo(String name, int side) {
    return Zoo.find(name).build(ZooOptions.of(3, 1).withInputSize(side));
  }

  @ParameterizedTest
  @CsvSource({"regnet_y, scripted", "regnet_y, traced", "convnext, traced", "vit, scripted"})
  void ofAThirdPartysNetwork(String family, String kind) {
    Golden.archive(family, kind)
        .ifPresent(file -> check(ArchiveReader.read(file), ProgramOptions.PLAIN, "", 224));
  }

  /**
   * Where several segments draw, each has a seed of its own: the bits are those of a network that
   * sets these seeds at the same places.
   */
  @Test
  void stochasticDepthDrawsTheSameTwice() {
    ZooOptions options = ZooOptions.of(3, 1).withDropout(0.3).withStochasticDepth(0.5);
    TorchScriptArchive network = Zoo.find("efficientnet_b0").build(options);
    Segments segments = SegmentFinder.find(network).orElseThrow();
    assertThat(segments.drawnBefore()).last().isNotEqualTo(0);
    ProgramOptions checkpointed = PlainProgram.with(segments);
    Map<String, Tensor> found = trained(network, checkpointed, "", 32);
    Map<String, Tensor> expected =
        trained(seeding(network, segments), ProgramOptions.PLAIN, "", 32);
    assertThat(found).hasSameSizeAs(expected);
    found.forEach(
        (name, tensor) ->
            assertThat(tensor.bytes()).as(name).isEqualTo(expected.get("net." + name).bytes()));
  }

  @Test
  void segmentsBeginAtBlocks() {
    TorchScriptArchive network = Zoo.find("resnet18").build(ZooOptions.of(3, 1));
    assertThat(SegmentFinder.find(network).orElseThrow().note())
        .isEqualTo(
            "gradient checkpointing: 9 segments, beginning at conv1, layer1.0, layer1.1, layer2.0,"
                + " layer2.1, layer3.0, layer3.1, layer4.0, layer4.1");
  }

  @Test
  void whatGivesAnotherResultTheSecondTimeIsRefused() {
    TorchScriptArchive network = counting();
    assertThatThrownBy(
            () ->
                trained(
                    network, PlainProgram.with(SegmentFinder.find(network).orElseThrow()), "", 2))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("gave another result the second time");
  }

  private static void check(
      TorchScriptArchive network, ProgramOptions options, String patterns, int side) {
    Segments segments = SegmentFinder.find(network).orElseThrow();
    assertThat(segments.all()).hasSizeGreaterThan(2);
    Map<String, Tensor> expected = trained(network, options, patterns, side);
    Map<String, Tensor> found =
        trained(network, PlainProgram.with(options, segments), patterns, side);
    expected.forEach(
        (name, tensor) -> assertThat(found.get(name).bytes()).as(name).isEqualTo(tensor.bytes()));
  }

  /** After some steps from the archive's own weights. */
  private static Map<String, Tensor> trained(
      TorchScriptArchive network, ProgramOptions options, String patterns, int side) {
    return Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network, "cpu", options);
              Optimizer optimizer = new Optimizer(program, UpdateRule.Sgd.of(0.9))) {
            Set<String> names =
                program.parameters().stream()
                    .map(ProgramTensor::name)
                    .filter(name -> isAmong(name, patterns))
                    .collect(Collectors.toSet());
            program.train(names);
            List<ProgramTensor> some =
                program.parameters().stream().filter(p -> names.contains(p.name())).toList();
            List<Float> losses = new ArrayList<>();
            for (int i = 0; i < STEPS; i++) {
              losses.add(step(program, optimizer, some, i, side));
            }
            assertThat(losses).doesNotHaveDuplicates();
            Map<String, Tensor> after = new TreeMap<>();
            program.tensors().forEach(t -> after.put(t.name(), t.copy()));
            return after;
          }
        });
  }

  private static boolean isAmong(String name, String patterns) {
    if (patterns.isEmpty()) {
      return true;
    }
    for (String pattern : patterns.split(" ")) {
      if (name.startsWith(pattern + ".")) {
        return true;
      }
    }
    return false;
  }

  private static float step(
      TrainingProgram program, Optimizer optimizer, List<ProgramTensor> some, int i, int side) {
    try (NDManager step = program.newStep()) {
      float[] x = Uniform.tensor("x/" + i, BATCH, 3, side, side).toFloats();
      Gradients gradients =
          program.gradients(
              step,
              step.create(x, new Shape(BATCH, 3, side, side)),
              TrainingProgram.Targets.of(step.create(new long[] {0, 1, 2, 1})),
              new LossOptions(0.1, List.of()),
              some,
              SEED,
              1);
      assertThat(gradients.parameters()).hasSameSizeAs(some);
      optimizer.apply(step, gradients, name -> new Rate(0.01, 1e-4));
      return gradients.loss();
    }
  }

  /** A network around another that runs its segments in one go, each after its seed is set. */
  private static TorchScriptArchive seeding(TorchScriptArchive network, Segments segments) {
    StringBuilder forward = new StringBuilder();
    long[] seeds = segments.seeds(SEED);
    for (int k = 0; k < seeds.length; k++) {
      forward.append("    _%d = torch.manual_seed(%d)\n".formatted(k, seeds[k]));
      for (String call : segments.all().get(k).calls()) {
        forward.append("    x = (net).%s(x, )\n".formatted(call));
      }
    }
    String text =
        """
        class Seeding(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          net : CLASS
          def forward(self: __torch__.seeding.Seeding, x: Tensor) -> Tensor:
            net = self.net
        FORWARD    return x
        """
            .replace("CLASS", network.root().className())
            .replace("FORWARD", forward);
    SortedMap<String, String> code = new TreeMap<>(network.code());
    segments.methods().forEach(m -> CutText.add(code, m.className(), m.text()));
    code.put("__torch__/seeding.py", text);
    PyObject root = new PyObject("__torch__.seeding.Seeding");
    root.attributes().put("training", new PyBool(true));
    root.attributes().put("net", network.root());
    return new TorchScriptArchive(
        "seeding", network.version(), code, root, network.constants(), new TreeMap<>());
  }

  /** Three layers; the first one's result depends on how often it was called. */
  private static TorchScriptArchive counting() {
    String text =
        """
        class Linear(Module):
          __parameters__ = ["weight", ]
          __buffers__ = []
          weight : Tensor
          training : bool
          def forward(self: __torch__.Linear, x: Tensor) -> Tensor:
            weight = self.weight
            return torch.linear(x, weight)
        class Counting(Module):
          __parameters__ = ["weight", ]
          __buffers__ = ["calls", ]
          weight : Tensor
          calls : Tensor
          training : bool
          def forward(self: __torch__.Counting, x: Tensor) -> Tensor:
            weight = self.weight
            calls = self.calls
            _0 = torch.add_(calls, 1)
            return torch.linear(torch.mul(torch.flatten(x, 1), calls), weight)
        class Net(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          first : __torch__.Counting
          second : __torch__.Linear
          third : __torch__.Linear
          fourth : __torch__.Linear
          def forward(self: __torch__.Net, x: Tensor) -> Tensor:
            first = self.first
            second = self.second
            third = self.third
            fourth = self.fourth
            y = (first).forward(x, )
            z = (second).forward(y, )
            a = (third).forward(z, )
            return (fourth).forward(a, )
        """;
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(false));
    for (String name : List.of("first", "second", "third", "fourth")) {
      boolean first = name.equals("first");
      PyObject layer = new PyObject("__torch__." + (first ? "Counting" : "Linear"));
      layer.attributes().put("weight", new PyTensor(Uniform.tensor(name, 12, 12), true));
      if (first) {
        layer.attributes().put("calls", new PyTensor(Tensor.of(new float[] {0}, 1), false));
      }
      layer.attributes().put("training", new PyBool(false));
      root.attributes().put(name, layer);
    }
    TreeMap<String, String> code = new TreeMap<>(Map.of("__torch__.py", text));
    return new TorchScriptArchive("net", 3, code, root, List.of(), new TreeMap<>());
  }
}
