package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.weights.MatchReport.Absent;
import dev.lapidary.models.weights.MatchReport.Head;
import dev.lapidary.models.weights.MatchReport.Mismatched;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.script.StateDict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MatchTest {
  private final StateDict target =
      StateDict.of(
          ArchiveReader.read(Golden.archive("mobilenet_v3_small", "scripted").orElseThrow()));
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  MatchTest() {
    target.entries().forEach(e -> tensors.put(e.name(), Golden.fill(e.name(), e.tensor().shape())));
  }

  @Test
  void loadsAllOfAFileThatFits() {
    MatchReport report = load(tensors);

    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.loaded()).hasSize(target.entries().size());
    assertThat(report.notes()).isEmpty();
    assertThat(report.text())
        .isEqualTo(
            "test: %d tensors loaded, 100.0 %% of %,d parameters%n"
                .formatted(tensors.size(), report.parameters()));
    for (StateDict.Entry e : target.entries()) {
      assertThat(loaded(e).toFloats()).as(e.name()).isEqualTo(tensors.get(e.name()).toFloats());
    }
  }

  @Test
  void removesThePrefixesOfWrappers() {
    Map<String, Tensor> wrapped = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> wrapped.put("module._orig_mod.backbone." + name, tensor));

    MatchReport report = load(wrapped);

    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.notes()).containsExactly("removed the prefix 'module._orig_mod.backbone.'");
    assertThat(report.loaded().get(0).sourceName())
        .isEqualTo("module._orig_mod.backbone." + report.loaded().get(0).name());
  }

  @Test
  void aHeadOfAnotherClassCountStaysFresh() {
    StateDict.Entry head = target.find("classifier.3.weight").orElseThrow();
    float[] before = loaded(head).toFloats();
    tensors.put("classifier.3.weight", Uniform.tensor("w", 1000, head.tensor().size(1)));
    tensors.put("classifier.3.bias", Uniform.tensor("b", 1000));

    MatchReport report = load(tensors);

    long classes = head.tensor().size(0);
    assertThat(report.replacedHeads()).containsExactly(new Head("classifier.3", classes, 1000));
    assertThat(report.mismatched()).isEmpty();
    assertThat(report.text())
        .contains(
            "head classifier.3: 1000 classes in the file, "
                + classes
                + " here: its weights stay fresh");
    assertThat(loaded(head).toFloats()).isEqualTo(before);
  }

  /** Another library's squeeze is a linear layer here, its first linear layer a convolution. */
  @Test
  void saysWhatItReshapes() {
    tensors.put("features.1.block.1.fc1.weight", Uniform.tensor("squeeze", 8, 8));
    tensors.put("classifier.0.weight", Uniform.tensor("linear", 45, 12, 4, 4));

    MatchReport report = load(tensors);

    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.text())
        .contains(
            "  2 reshaped: features.1.block.1.fc1.weight[8, 8, 1, 1] from [8, 8],"
                + " classifier.0.weight[45, 192] from [45, 12, 4, 4]");
    StateDict.Entry linear = target.find("classifier.0.weight").orElseThrow();
    assertThat(loaded(linear).shape()).containsExactly(45, 192);
    assertThat(loaded(linear).toFloats()).isEqualTo(tensors.get(linear.name()).toFloats());
    assertThat(report.json()).contains("\"sourceShape\" : [ 45, 12, 4, 4 ]");
  }

  /** Equal counts are not enough: [out, in] of another order would be other numbers. */
  @Test
  void reshapesNothingElse() {
    tensors.put("classifier.0.weight", Uniform.tensor("x", 192, 45));
    tensors.put("features.0.0.weight", Uniform.tensor("y", 3, 3, 3, 8));

    assertThat(load(tensors).mismatched())
        .extracting(Mismatched::name)
        .containsExactly("features.0.0.weight", "classifier.0.weight");
  }

  /** All but 8 numbers: a percentage that is rounded up would hide them. */
  @Test
  void onlyAllOfThemAreAHundredPercent() {
    tensors.remove("features.0.1.bias");

    MatchReport report = load(tensors);

    assertThat(report.fraction()).isGreaterThan(0.9995);
    assertThat(report.text()).contains(" tensors loaded, 99.9 % of ");
  }

  @Test
  void namesWhatIsMissingLeftOrOfAnotherShape() {
    tensors.remove("features.0.0.weight");
    tensors.put("fc.weight", Tensor.of(new float[] {1}, 1));
    tensors.put("features.0.1.bias", Tensor.of(new float[] {1, 2}, 2));

    MatchReport report = load(tensors);

    assertThat(report.missing()).extracting(Absent::name).containsExactly("features.0.0.weight");
    assertThat(report.unexpected()).containsExactly(new Absent("fc.weight", List.of(1L)));
    assertThat(report.mismatched())
        .extracting(Mismatched::name)
        .containsExactly("features.0.1.bias");
    assertThat(report.text())
        .contains("1 missing in the file: features.0.0.weight[")
        .contains("1 left in the file: fc.weight[1]")
        .contains("but [2] in the file");
    assertThat(report.json())
        .contains(
            "\"unexpected\" : [ {\n    \"name\" : \"fc.weight\",\n    \"shape\" : [ 1 ]\n  } ]");
  }

  /** GoogLeNet without auxiliary heads is half of its parameters, ResNet-18 half of ResNet-34. */
  @Test
  void asksForTheArchitectureUnlessWholePartsAreMissing() {
    String question = "is it another architecture's file?";
    Map<String, Tensor> part = new LinkedHashMap<>(tensors);
    part.keySet().removeIf(name -> name.startsWith("features."));
    assertThat(Match.of(named(part), target).report().fraction()).isLessThan(0.9);
    assertThat(Match.of(named(part), target).report().text()).doesNotContain(question);
    part.put("fc.weight", Tensor.of(new float[] {1}, 1));
    assertThat(Match.of(named(part), target).report().text()).contains(question);

    tensors.keySet().removeIf(name -> name.matches("features\\.([5-9]|1.)\\..*"));
    assertThat(Match.of(named(tensors), target).report().text()).contains(question);
  }

  @Test
  void refusesAFileOfAnotherArchitecture() {
    Map<String, Tensor> other = Map.of("conv1.weight", Uniform.tensor("x", 64, 3, 7, 7));
    Match match = Match.of(named(other), target);

    assertThatThrownBy(() -> match.requireAtLeast(0.5))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "the weights fit the network too little: 0.0 % of its parameters by name and shape,"
                + " expected 50.0 %; missing "
                + target.entries().size()
                + " such as "
                + target.entries().get(0).name()
                + "; in the file 1 such as conv1.weight. Is it another architecture's file?"
                + " (--min-match 0.00 accepts it)");
    assertThat(match.requireAtLeast(0)).isSameAs(match);
    NamedTensors onnx = new NamedTensors("ONNX", other, Map.of(), List.of());
    assertThatThrownBy(() -> Match.of(onnx, target).requireAtLeast(0.5))
        .hasMessageContaining(
            "such as conv1.weight. An ONNX file for inference has its BatchNorms folded into other"
                + " tensors; give a state dict, or an export for training. (--min-match 0.00");
    Map<String, Tensor> timm = Map.of("module.conv_head.bias", Uniform.tensor("x", 1024));
    assertThatThrownBy(() -> Match.of(named(timm), target).requireAtLeast(0.5))
        .hasMessageContaining(
            "timm's MobileNet V3 is another network: its BatchNorms' epsilon is 1e-5, torchvision's"
                + " 1e-3 (and tf_ ones pad otherwise) (--min-match 0.00 accepts it)");
  }

  /** A wider layer in the middle belongs to another network; it has no classes. */
  @Test
  void aMiddleLayerOfAnotherWidthIsNoHead() {
    StateDict.Entry middle = target.find("classifier.0.weight").orElseThrow();
    tensors.put(
        "classifier.0.weight",
        Uniform.tensor("w", 2 * middle.tensor().size(0), middle.tensor().size(1)));
    tensors.put("classifier.0.bias", Uniform.tensor("b", 2 * middle.tensor().size(0)));

    MatchReport report = Match.of(named(tensors), target).report();

    assertThat(report.replacedHeads()).isEmpty();
    assertThat(report.mismatched())
        .extracting(MatchReport.Mismatched::name)
        .containsExactlyInAnyOrder("classifier.0.weight", "classifier.0.bias");
    assertThat(report.text()).contains("2 of another shape: ").doesNotContain("classes");
  }

  @Test
  void convertsToTheNetworksTypes() {
    tensors.replaceAll((name, t) -> t.dtype() == DType.FLOAT32 ? Cast.to(DType.FLOAT16, t) : t);

    MatchReport report = load(tensors);

    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.loaded().get(0).sourceType()).isEqualTo(DType.FLOAT16);
    StateDict.Entry first = target.entries().get(0);
    assertThat(loaded(first).dtype()).isEqualTo(DType.FLOAT32);
    assertThat(loaded(first).toFloats()).isEqualTo(tensors.get(first.name()).toFloats());
  }

  private MatchReport load(Map<String, Tensor> from) {
    Match match = Match.of(named(from), target);
    match.requireAtLeast(0.5).apply();
    return match.report();
  }

  private static NamedTensors named(Map<String, Tensor> tensors) {
    return new NamedTensors("test", tensors, Map.of(), List.of());
  }

  private static Tensor loaded(StateDict.Entry entry) {
    return ((dev.lapidary.torchscript.archive.PyValue.PyTensor)
            java.util.Objects.requireNonNull(entry.owner().attributes().get(entry.attribute())))
        .tensor();
  }
}
