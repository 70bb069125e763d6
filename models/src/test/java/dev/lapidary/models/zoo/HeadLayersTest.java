package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A dropout and a hidden layer before the head of any network. */
class HeadLayersTest {
  private static final HeadLayers BOTH = new HeadLayers(Optional.of(24), Optional.of(0.3));

  @ParameterizedTest
  @CsvSource({"resnet20_cifar, fc, 32", "squeezenet1_1, classifier.1, 64"})
  void aHiddenLayerComesBeforeTheHead(String name, String head, int size) {
    TorchScriptArchive archive = Zoo.find(name).build(ZooOptions.of(7, 1));
    long features = weight(archive, head + ".weight").size(1);

    TorchScriptArchive extended = BOTH.before(archive, head, HeadInit.DEFAULT, 1);

    assertThat(weight(extended, head + ".hidden.weight").shape()).startsWith(24, features);
    assertThat(weight(extended, head + ".weight").shape()).startsWith(7, 24);
    assertThat(weight(extended, head + ".bias").shape()).containsExactly(7);
    Graph graph = Tracer.trace(extended, TraceOptions.of(3, size, size));
    assertThat(graph.outputs().get(0).shape()).isEqualTo(List.of(SymInt.BATCH, SymInt.of(7)));
    List<Head> heads = HeadSearch.find(extended, TraceOptions.of(3, size, size));
    assertThat(heads.stream().map(Head::name)).containsExactly(head);
    assertThat(StateDict.of(archive).find(head + ".hidden.weight")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"vit, heads.head", "mobilenet_v2, classifier.1"})
  void ofAThirdPartysFileToo(String family, String head) {
    for (String kind : List.of("scripted", "traced")) {
      TorchScriptArchive archive = ArchiveReader.read(Golden.archive(family, kind).orElseThrow());
      TorchScriptArchive extended = BOTH.before(archive, head, HeadInit.DEFAULT, 1);
      List<Head> heads = HeadSearch.find(extended, TraceOptions.of(3, 224, 224));
      assertThat(heads.stream().map(Head::name)).as(kind).containsExactly(head);
      assertThat(heads.get(0).features()).isEqualTo(24);
    }
  }

  @Test
  void aDropoutAloneKeepsTheHeadsWeights() {
    TorchScriptArchive archive = Zoo.find("resnet20_cifar").build(ZooOptions.of(7, 1));
    HeadLayers dropout = new HeadLayers(Optional.empty(), Optional.of(0.3));

    TorchScriptArchive extended = dropout.before(archive, "fc", HeadInit.DEFAULT, 1);

    assertThat(extended.code().get("__torch__/lapidary/surgery.py"))
        .contains("torch.dropout(x, 0.3, self.training)");
    assertThat(weight(extended, "fc.weight")).isSameAs(weight(archive, "fc.weight"));
    assertThat(StateDict.of(extended).tensors().keySet())
        .isEqualTo(StateDict.of(archive).tensors().keySet());
    HeadLayers none = new HeadLayers(Optional.empty(), Optional.empty());
    assertThat(none.before(archive, "fc", HeadInit.DEFAULT, 1)).isSameAs(archive);
    assertThatThrownBy(() -> new HeadLayers(Optional.empty(), Optional.of(1.0)))
        .hasMessage("dropout must be in [0, 1) but is 1.0");
  }

  @Test
  void optionsThatANetworkHasNoUseForAreRefused() {
    ZooOptions dropout = ZooOptions.of(7, 1).withDropout(0.3);
    ZooOptions depth = ZooOptions.of(7, 1).withStochasticDepth(0.3);
    assertThatThrownBy(() -> Zoo.find("convnext_tiny").requireUse(dropout))
        .hasMessage("convnext_tiny has no dropout; --head-dropout puts one before its head");
    assertThatThrownBy(() -> Zoo.find("vgg11").requireUse(depth))
        .hasMessage("vgg11 has no stochastic depth");
    for (String taking : List.of("vgg11", "vit_b_16", "googlenet", "mobilenet_v2", "alexnet")) {
      Zoo.find(taking).requireUse(dropout);
    }
    for (String taking : List.of("efficientnet_b0", "convnext_tiny", "swin_t")) {
      Zoo.find(taking).requireUse(depth);
    }
  }

  private static Tensor weight(TorchScriptArchive archive, String name) {
    return StateDict.of(archive).find(name).orElseThrow().tensor();
  }
}
