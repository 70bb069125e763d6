package dev.lapidary.models.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What networks end in, and what is left of them without it. */
class TracedEndingTest {
  private static final TraceOptions IMAGE = TraceOptions.of(3, 4, 4);

  /**
   * @param last lines of forward, of the logits y [N, 3] and the same as z [N, 3, 1, 1]
   * @param cut what it ends in without its end; {@code -} where that cannot be taken off
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return y | LOGITS | -",
        "return torch.softmax(y, 1) | SOFTMAX | LOGITS",
        "return torch.softmax(y, -1, 6) | SOFTMAX | LOGITS",
        "return torch.to(torch.softmax(y, 1, 7), 6) | SOFTMAX | LOGITS",
        "return torch._softmax(y, 1, False) | SOFTMAX | LOGITS",
        "return torch.softmax(y, 0) | LOGITS | -",
        "return torch.flatten(torch.softmax(z, 2), 1) | LOGITS | -",
        "return torch.flatten(torch.softmax(z, 1), 1) | SOFTMAX | LOGITS",
        "return torch.squeeze(torch.squeeze(torch.softmax(z, 1), 3), 2) | SOFTMAX | LOGITS",
        "return torch.mean(torch.softmax(torch.mul(x, 2), 1), [2, 3]) | SOFTMAX | LOGITS",
        "return torch.reshape(torch.softmax(z, -3), [torch.size(x, 0), -1]) | SOFTMAX | LOGITS",
        "return torch.squeeze(torch.softmax(torch.unsqueeze(y, 1), 2), 1) | SOFTMAX | LOGITS",
        "return torch.clamp(torch.softmax(y, 1), 1e-07, 0.9999999) | SOFTMAX | LOGITS",
        "return torch.dropout(torch.softmax(y, 1), 0.5, False) | SOFTMAX | LOGITS",
        "return torch.softmax(torch.mul(y, torch.softmax(y, 1)), 1) | SOFTMAX | LOGITS",
        "return torch.sigmoid(y) | SIGMOID | LOGITS",
        "return torch.dequantize(torch.quantize_per_tensor(torch.softmax(y, 1), 0.00390625, 0, 13))"
            + " | SOFTMAX | LOGITS",
        "return torch.sigmoid_(y) | SIGMOID | LOGITS",
        "return torch.hardsigmoid(y) | SIGMOID | LOGITS",
        "return torch.mul(y, torch.sigmoid(y)) | LOGITS | -",
        "return torch.mul(torch.softmax(y, 1), 100) | LOGITS | -",
        "return torch.log_softmax(y, 1) | LOG_SOFTMAX | LOGITS",
        "return torch.log(torch.softmax(y, 1)) | LOG_SOFTMAX | -",
        "return torch.exp(torch.log_softmax(y, 1)) | SOFTMAX | LOG_SOFTMAX",
        "return torch.exp(torch.log_sigmoid(y)) | SIGMOID | LOGITS",
        "e = torch.exp(y); return torch.div(e, torch.sum(e, [1], True)) | SOFTMAX | -",
        "return torch.reciprocal(torch.add(torch.exp(torch.neg(y)), 1)) | SIGMOID | -",
        "a = torch.softmax(y, 1); b = torch.softmax(torch.mul(y, 2), 1);"
            + " return torch.div(torch.add(a, b), 2) | SOFTMAX | -",
        "a = torch.softmax(y, 1); b = torch.softmax(torch.mul(y, 2), 1);"
            + " return torch.mean(torch.stack([a, b]), [0]) | SOFTMAX | -",
        "a = torch.softmax(y, 1); b = torch.softmax(torch.mul(y, 2), 1);"
            + " return torch.add(a, b) | LOGITS | -",
        "a = torch.softmax(y, 1); b = torch.sigmoid(y);"
            + " return torch.div(torch.add(a, b), 2) | LOGITS | -",
        "return torch.argmax(y, 1) | INDEX | -",
        "return torch.to(torch.argmax(torch.softmax(y, 1), 1, True), 6) | INDEX | -",
        "v, i = torch.max(y, 1); return i | INDEX | -",
        "v, i = torch.topk(y, 2); return v | LOGITS | -",
      })
  void areTold(String last, Ending ending, String cut) {
    TorchScriptArchive archive = archive(last);
    Graph graph = Tracer.trace(archive, IMAGE);
    assertThat(TracedEnding.of(graph).ending()).isEqualTo(ending);
    Optional<TorchScriptArchive> rest = EndingCut.of(archive, IMAGE, graph);
    assertThat(rest.map(r -> TracedEnding.of(Tracer.trace(r, IMAGE)).ending().name()).orElse("-"))
        .isEqualTo(cut);
  }

  /** Attention and gates inside of a network are no end of it. */
  @ParameterizedTest
  @ValueSource(strings = {"mobilenet_v3_small", "efficientnet", "vit", "swin"})
  void ofPublishedNetworksAreLogits(String family) {
    TorchScriptArchive archive =
        ArchiveReader.read(Golden.archive(family, "scripted").orElseThrow());
    assertThat(TracedEnding.of(Tracer.trace(archive, TraceOptions.of(3, 224, 224))).ending())
        .isEqualTo(Ending.LOGITS);
  }

  /** The tensors and names stay, and so does the archive that was given. */
  @Test
  void aCutCopiesNothing() {
    TorchScriptArchive archive = archive("return torch.softmax(y, 1)");
    String before = archive.code().toString();
    TorchScriptArchive cut =
        EndingCut.of(archive, IMAGE, Tracer.trace(archive, IMAGE)).orElseThrow();
    assertThat(cut.root()).isSameAs(archive.root());
    assertThat(archive.code()).hasToString(before);
  }

  private static TorchScriptArchive archive(String last) {
    String code =
        """
        class M(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def forward(self: __torch__.M,
            x: Tensor) -> Tensor:
            z = torch.mean(x, [2, 3], True)
            y = torch.flatten(z, 1)
            %s
        """
            .formatted(String.join("\n    ", last.split("; *")));
    PyObject root = new PyObject("__torch__.M");
    root.attributes().put("training", new PyBool(false));
    return new TorchScriptArchive(
        "m", 10, new TreeMap<>(Map.of("__torch__.py", code)), root, List.of(), new TreeMap<>());
  }
}
