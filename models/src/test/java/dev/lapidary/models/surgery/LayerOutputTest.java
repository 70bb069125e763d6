package dev.lapidary.models.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A cut network gives the layer's values, and computes nothing behind the layer. */
class LayerOutputTest {
  private static final TraceOptions IMAGE = TraceOptions.of(3, 32, 32);

  @Test
  void aLayerInsideOfAClassThatOthersShare() {
    TorchScriptArchive archive = Zoo.find("resnet20_cifar").build(ZooOptions.of(7, 1));
    List<String> before = StateDict.of(archive).tensors().keySet().stream().toList();
    TorchScriptArchive cut = LayerOutput.of(archive, "layer2.1.conv1");

    Graph graph = Tracer.trace(cut, IMAGE);

    assertThat(graph.outputs().get(0).shape())
        .isEqualTo(List.of(SymInt.BATCH, SymInt.of(32), SymInt.of(16), SymInt.of(16)));
    List<String> scopes = graph.nodes().stream().map(Node::scope).toList();
    assertThat(scopes).noneMatch(scope -> scope.contains("layer3") || scope.contains("fc"));
    assertThat(scopes).anyMatch(scope -> scope.contains("layer2.0.conv2"));
    assertThat(StateDict.of(archive).tensors().keySet()).containsExactlyElementsOf(before);
    assertThat(Tracer.trace(archive, IMAGE).outputs().get(0).shape())
        .isEqualTo(List.of(SymInt.BATCH, SymInt.of(7)));
  }

  @ParameterizedTest
  @CsvSource({
    "mobilenet_v2, classifier.1",
    "mobilenet_v3_small, classifier.3",
    "densenet, classifier",
    "efficientnet, classifier.1",
    "regnet_y, fc",
    "convnext, classifier.2",
    "vit, heads.head",
    "swin, head"
  })
  void theFeaturesOfAThirdPartysFile(String family, String head) {
    for (String kind : List.of("scripted", "traced")) {
      TorchScriptArchive archive = ArchiveReader.read(Golden.archive(family, kind).orElseThrow());
      long features = StateDict.of(archive).find(head + ".weight").orElseThrow().tensor().size(1);

      Graph graph = Tracer.trace(LayerOutput.inputOf(archive, head), TraceOptions.of(3, 224, 224));

      assertThat(graph.outputs().get(0).shape())
          .as(kind)
          .isEqualTo(List.of(SymInt.BATCH, SymInt.of(features)));
    }
  }

  @Test
  void whatCannotBeCutIsAnswered() {
    TorchScriptArchive vit = ArchiveReader.read(Golden.archive("vit", "scripted").orElseThrow());
    assertThatThrownBy(() -> LayerOutput.of(vit, "encoder.layer"))
        .hasMessageContaining("no module is named 'encoder.layer'; did you mean encoder.layers");
    for (String none : new String[] {"", ".", "..", "encoder."}) {
      assertThatThrownBy(() -> LayerOutput.of(vit, none))
          .hasMessageContaining("no module is named '" + none + "'");
    }
    assertThatThrownBy(() -> LayerOutput.of(vit, "encoder.layers.encoder_layer_0.self_attention"))
        .hasMessageEndingWith(
            "self_attention does not take one tensor to one tensor; name a module around or inside"
                + " of it");
  }
}
