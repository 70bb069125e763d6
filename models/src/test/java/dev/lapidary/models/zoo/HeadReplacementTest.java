package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads are found in networks that nobody described, and get another class count. */
class HeadReplacementTest {
  private static final TraceOptions IMAGE = TraceOptions.of(3, 224, 224);

  /** One of each kind of head: linear, 1x1 convolution, with auxiliary ones. */
  static Stream<Architecture> architectures() {
    return Stream.of("resnet20_cifar", "squeezenet1_1", "googlenet", "densenet121").map(Zoo::find);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void findsTheHeadsThatTheZooDeclares(Architecture architecture) {
    TorchScriptArchive archive = architecture.build(ZooOptions.of(7, 1));
    int size = architecture.inputSize();
    List<String> declared = new ArrayList<>(List.of(architecture.headName()));
    architecture.auxiliaryHeads().forEach(head -> declared.add(head.name()));
    List<Head> heads = HeadSearch.find(archive, TraceOptions.of(3, size, size));
    assertThat(heads.stream().map(Head::name)).containsExactlyElementsOf(declared);
  }

  /** Real files of PyTorch, scripted and traced; whichever of them this clone has. */
  @ParameterizedTest
  @CsvSource({
    "mobilenet_v2, classifier.1",
    "mobilenet_v3_small, classifier.3",
    "densenet, classifier",
    "efficientnet, classifier.1",
    "regnet_y, fc",
    "convnext, classifier.2",
    "vit, heads.head",
    "swin, head",
    "squeezenet, classifier.1",
    "resnet_bottleneck, fc"
  })
  void replacesTheHeadOfAThirdPartysFile(String family, String expected) {
    for (String kind : List.of("scripted", "traced")) {
      Golden.archive(family, kind)
          .ifPresent(
              file -> {
                TorchScriptArchive archive = ArchiveReader.read(file);
                List<Head> heads = HeadSearch.find(archive, IMAGE);
                assertThat(heads.stream().map(Head::name)).as(kind).containsExactly(expected);
                HeadReplacement.apply(archive, heads, 5, HeadInit.DEFAULT, 1, IMAGE);
                assertThat(weight(archive, expected).size(0)).isEqualTo(5);
              });
    }
  }

  /** 10 x 4096 draws; the deviations' standard error is 0.35 %. */
  @ParameterizedTest
  @CsvSource({
    "default, 0.0090211, 0.0156251",
    "xavier, 0.0220724, 0.0382305",
    "kaiming, 0.0220971, 9",
    "normal:0.01, 0.01, 9",
    "zero, 0, 0",
    "constant:0.25, 0.25, 0.25"
  })
  void initializationsHaveTheirStatistics(String text, double rootMeanSquare, double atMost) {
    HeadInit init = HeadInit.parse(text);
    double[] values = init.weight(1, "fc.weight", 10, 4096).toDoubles();
    double square = Arrays.stream(values).map(v -> v * v).average().orElse(-1);
    assertThat(Math.sqrt(square)).isCloseTo(rootMeanSquare, within(0.02 * rootMeanSquare));
    assertThat(Arrays.stream(values).map(Math::abs).max().orElse(10)).isLessThanOrEqualTo(atMost);
    double[] bias = init.bias(1, "fc.bias", 10, 4096).toDoubles();
    boolean zero = Arrays.stream(bias).allMatch(b -> b == 0);
    assertThat(zero).isEqualTo(!text.equals("default"));
    assertThat(init).hasToString(text);
  }

  @Test
  void drawsAreAFunctionOfTheSeed() {
    Tensor first = replaced(1);
    assertThat(replaced(1).toFloats()).isEqualTo(first.toFloats());
    assertThat(replaced(2).toFloats()).isNotEqualTo(first.toFloats());
  }

  @Test
  void aTextThatNamesTheOldCountIsRefused() {
    TorchScriptArchive archive = small();
    TreeMap<String, String> code = new TreeMap<>();
    archive
        .code()
        .forEach(
            (path, text) ->
                code.put(path, text.replace("return fc\n", "return torch.view(fc, [-1, 7])\n")));
    assertThat(code).isNotEqualTo(archive.code());
    TorchScriptArchive baked =
        new TorchScriptArchive(
            archive.name(),
            archive.version(),
            code,
            archive.root(),
            archive.constants(),
            archive.extra());
    TraceOptions options = TraceOptions.of(3, 32, 32);
    List<Head> heads = HeadSearch.find(baked, options);
    assertThatThrownBy(() -> HeadReplacement.apply(baked, heads, 5, HeadInit.DEFAULT, 1, options))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("with 5 classes in fc the network's output must be [N, 5]")
        .hasMessageEndingWith("its text depends on the old class count");
  }

  @Test
  void aWrongHeadNameAndAWrongInitAreAnswered() {
    assertThatThrownBy(() -> HeadSearch.named(small(), "fd"))
        .hasMessage(
            "[resnet20_cifar] no linear layer or 1x1 convolution is named 'fd'; did you mean fc?"
                + " (trainer layers lists all)");
    assertThat(HeadSearch.named(small(), "fc").features()).isEqualTo(64);
    assertThatThrownBy(() -> HeadInit.parse("normal:-1"))
        .hasMessageEndingWith("zero or constant:V but is 'normal:-1'");
    assertThatThrownBy(() -> HeadInit.parse("normal:wide"))
        .hasMessageEndingWith("zero or constant:V but is 'normal:wide'");
  }

  private static Tensor replaced(long seed) {
    TorchScriptArchive archive = small();
    TraceOptions options = TraceOptions.of(3, 32, 32);
    List<Head> heads = HeadSearch.find(archive, options);
    HeadReplacement.apply(archive, heads, 4, HeadInit.parse("xavier"), seed, options);
    return weight(archive, "fc");
  }

  private static TorchScriptArchive small() {
    return Zoo.find("resnet20_cifar").build(ZooOptions.of(7, 1));
  }

  private static Tensor weight(TorchScriptArchive archive, String head) {
    return StateDict.of(archive).find(head + ".weight").orElseThrow().tensor();
  }
}
