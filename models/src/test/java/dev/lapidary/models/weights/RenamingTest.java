package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names of libraries that no table knows. transformers 5.24's own ResNet-18, 34, 50 and 101 with
 * random weights, loaded this way, gave the same logits as there, to the last bit.
 */
class RenamingTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2"})
  void readsTheNamesOfTransformers(String network) {
    Map<String, Tensor> target = state(network);
    boolean bottleneck = target.containsKey("layer1.0.conv3.weight");

    Naming.Names read = reading(target, name -> transformers(name, bottleneck)).orElseThrow();

    assertRight(read, target, name -> transformers(name, bottleneck));
    assertThat(read.notes())
        .containsExactly(
            "read another library's names by order and shape:"
                + " resnet.encoder.stages.#.layers.#.layer.#.convolution as layer#.#.conv#,"
                + " resnet.encoder.stages.#.layers.#.layer.#.normalization as layer#.#.bn#, ...;"
                + " padding and epsilon do not show in them, so compare an answer");
  }

  /** The first conv3 and its shortcut are of one shape: a swap would go unseen by shapes. */
  @Test
  void twoLayersOfOneShapeKeepTheirRoles() {
    Map<String, Tensor> target = state("resnet50");
    assertThat(target.get("layer1.0.conv3.weight").shape())
        .isEqualTo(target.get("layer1.0.downsample.0.weight").shape());
    Naming.Names read = reading(target, name -> transformers(name, true)).orElseThrow();
    assertThat(read.sourceNames())
        .containsEntry(
            "layer1.0.conv3.weight", "resnet.encoder.stages.0.layers.0.layer.2.convolution.weight")
        .containsEntry(
            "layer1.0.downsample.0.weight",
            "resnet.encoder.stages.0.layers.0.shortcut.convolution.weight")
        .containsEntry(
            "layer1.0.bn3.running_var",
            "resnet.encoder.stages.0.layers.0.layer.2.normalization.running_var");
  }

  /** Roles of equal shapes throughout: bn_a and bn_b, whose layers are told by theirs. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50"})
  void aNormGoesWithTheLayerBesideIt(String network) {
    UnaryOperator<String> names =
        name ->
            name.replaceAll("\\.conv1\\.", ".unit_a.conv.")
                .replaceAll("\\.bn1\\.", ".unit_a.norm.")
                .replaceAll("\\.conv2\\.", ".unit_b.conv.")
                .replaceAll("\\.bn2\\.", ".unit_b.norm.")
                .replaceAll("\\.conv3\\.", ".unit_c.conv.")
                .replaceAll("\\.bn3\\.", ".unit_c.norm.")
                .replaceAll("\\.downsample\\.0\\.", ".proj.conv.")
                .replaceAll("\\.downsample\\.1\\.", ".proj.norm.");
    Map<String, Tensor> target = state(network);
    assertRight(reading(target, names).orElseThrow(), target, names);
  }

  /** Without anything beside it a norm could be either: nothing is read. */
  @Test
  void whatCouldBeSwappedIsNotRead() {
    UnaryOperator<String> names =
        name ->
            name.replaceAll("\\.conv1\\.", ".conv_p.")
                .replaceAll("\\.conv2\\.", ".conv_q.")
                .replaceAll("\\.bn1\\.", ".norm_p.")
                .replaceAll("\\.bn2\\.", ".norm_q.");
    assertThat(reading(state("resnet18"), names)).isEmpty();
  }

  @Test
  void aPartOrAnotherNetworkIsNotRead() {
    Map<String, Tensor> target = state("resnet50");
    UnaryOperator<String> names = name -> transformers(name, true);
    Map<String, Tensor> file = renamed(target, names);
    Map<String, Tensor> less = new LinkedHashMap<>(file);
    less.remove("resnet.encoder.stages.3.layers.2.layer.2.normalization.weight");
    assertThat(Renaming.reading(less, target)).isEmpty();
    Map<String, Tensor> more = new LinkedHashMap<>(file);
    more.put(
        "resnet.encoder.stages.0.layers.0.attention.0.weight", Tensor.zeros(DType.FLOAT32, 4, 4));
    assertThat(Renaming.reading(more, target)).isEmpty();
    assertThat(Renaming.reading(file, state("resnet101"))).isEmpty();
    assertThat(Renaming.reading(file, state("wide_resnet50_2"))).isEmpty();
  }

  @Test
  void aHeadOfOtherClassesAndCountersAreNoHindrance() {
    Map<String, Tensor> target = state("resnet18");
    Map<String, Tensor> file = renamed(target, name -> transformers(name, false));
    file.put("classifier.1.weight", Tensor.zeros(DType.FLOAT32, 7, 512));
    file.put("classifier.1.bias", Tensor.zeros(DType.FLOAT32, 7));
    file.put("n_averaged", Tensor.of(new long[] {3}));
    file.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
    assertThat(Renaming.reading(file, target).orElseThrow().sourceNames())
        .containsEntry("fc.weight", "classifier.1.weight");
  }

  /** Match takes it by itself, also of a checkpoint's entry, and gives way to names that fit. */
  @Test
  void namesGoBeforeStructure() {
    StateDict network = StateDict.of(Zoo.find("resnet18").build(ZooOptions.of(10, 0)));
    Map<String, Tensor> renamed =
        renamed(network.tensors(), name -> "net." + transformers(name, false));
    NamedTensors file = new NamedTensors("test", renamed, Map.of(), List.of());
    assertThat(Match.of(file, network).report().fraction()).isEqualTo(1);
    Map<String, Tensor> last =
        renamed(network.tensors(), name -> name.replace("fc.", "last_linear."));
    MatchReport report =
        Match.of(new NamedTensors("test", last, Map.of(), List.of()), network).report();
    assertThat(report.fraction()).isEqualTo(1);
    NamedTensors own = new NamedTensors("test", network.tensors(), Map.of(), List.of());
    assertThat(Match.of(own, network).report().notes()).isEmpty();
  }

  private static Map<String, Tensor> state(String network) {
    return StateDict.of(Zoo.find(network).blank(ZooOptions.of(10, 0))).tensors();
  }

  private static Optional<Naming.Names> reading(
      Map<String, Tensor> target, UnaryOperator<String> names) {
    return Renaming.reading(renamed(target, names), target);
  }

  /** In the order of the alphabet, as safetensors writes a file. */
  private static Map<String, Tensor> renamed(
      Map<String, Tensor> target, UnaryOperator<String> names) {
    Map<String, Tensor> file = new TreeMap<>();
    target.forEach((name, tensor) -> file.put(names.apply(name), tensor));
    return file;
  }

  private static void assertRight(
      Naming.Names read, Map<String, Tensor> target, UnaryOperator<String> names) {
    List<String> wrong = new ArrayList<>();
    for (String name : target.keySet()) {
      if (!names.apply(name).equals(read.sourceNames().getOrDefault(name, name))) {
        wrong.add(name + " is " + read.sourceNames().get(name));
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** {@code transformers/models/resnet/modeling_resnet.py}. */
  private static String transformers(String name, boolean bottleneck) {
    String read =
        name.replaceFirst("^conv1\\.", "resnet.embedder.embedder.convolution.")
            .replaceFirst("^bn1\\.", "resnet.embedder.embedder.normalization.")
            .replaceFirst("^fc\\.", "classifier.1.");
    for (int stage = 1; stage <= 4; stage++) {
      read =
          read.replaceFirst(
              "^layer" + stage + "\\.", "resnet.encoder.stages." + (stage - 1) + ".layers.");
    }
    for (int layer = 1; layer <= (bottleneck ? 3 : 2); layer++) {
      read =
          read.replaceFirst("\\.conv" + layer + "\\.", ".layer." + (layer - 1) + ".convolution.")
              .replaceFirst("\\.bn" + layer + "\\.", ".layer." + (layer - 1) + ".normalization.");
    }
    return read.replaceFirst("downsample\\.0", "shortcut.convolution")
        .replaceFirst("downsample\\.1", "shortcut.normalization");
  }
}
