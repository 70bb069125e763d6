package dev.lapidary.exporter.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class InferenceArchiveTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> itsOnnxIsTheSourcesOnnx() {
    return Golden.FAMILIES.stream()
        .flatMap(family -> Stream.of("scripted", "traced").map(kind -> test(family, kind)));
  }

  private DynamicTest test(String family, String kind) {
    return DynamicTest.dynamicTest(
        family + "-" + kind,
        () -> {
          var source = Golden.archive(family, kind);
          if (source.isPresent()) {
            check(ArchiveReader.read(source.get()));
          }
        });
  }

  private void check(TorchScriptArchive source) {
    TraceOptions options = TraceOptions.of(3, 224, 224);
    Graph traced = Tracer.trace(source, options);
    TorchScriptArchive written = written(InferenceArchive.of(traced, source));
    Graph again = Tracer.trace(written, options);
    OnnxGraph expected = onnx(traced);
    OnnxGraph found = onnx(again);
    assertThat(operators(found)).isEqualTo(operators(expected));
    assertThat(weights(found)).as("bit by bit").isEqualTo(weights(expected));
    assertThat(again.nodes()).hasSizeLessThanOrEqualTo(traced.nodes().size());
    assertThat(names(source))
        .as("tensors keep their names, but for folded biases and what the tracer computed")
        .containsAll(
            names(written).stream()
                .filter(name -> !name.endsWith("bias") && !name.matches("(constant|tensor)_\\d+"))
                .toList());
  }

  private TorchScriptArchive written(TorchScriptArchive archive) {
    Path file = folder.resolve("m.pt");
    ArchiveWriter.write(archive, file);
    return ArchiveReader.read(file);
  }

  private static List<String> names(TorchScriptArchive archive) {
    return StateDict.of(archive).entries().stream().map(StateDict.Entry::name).toList();
  }

  private static OnnxGraph onnx(Graph graph) {
    OnnxGraph onnx = GraphLowering.lower(graph, 17);
    Passes.run(onnx);
    return onnx;
  }

  private static Map<String, Integer> operators(OnnxGraph graph) {
    Map<String, Integer> counts = new TreeMap<>();
    for (OnnxNode node : graph.nodes()) {
      counts.merge(node.op(), 1, Integer::sum);
    }
    return counts;
  }

  private static List<ByteBuffer> weights(OnnxGraph graph) {
    return graph.initializers().values().stream()
        .map(Tensor::contiguous)
        .map(Tensor::bytes)
        .sorted()
        .toList();
  }

  @Test
  void equalSourcesGiveEqualBytes() throws IOException {
    Path source = Golden.archive("swin", "scripted").orElseThrow();
    Path first = folder.resolve("a.pt");
    Path second = folder.resolve("b.pt");
    for (Path file : List.of(first, second)) {
      TorchScriptArchive archive = ArchiveReader.read(source);
      Graph traced = Tracer.trace(archive, TraceOptions.of(3, 224, 224));
      ArchiveWriter.write(InferenceArchive.of(traced, archive), file);
    }
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
  }

  /** Batch sizes, lists of tensors, several results, texts, infinities, ints where floats go. */
  @Test
  void theTextSaysWhatTheGraphHolds() throws IOException {
    Path source =
        Archives.of(
            folder,
            """
              n = torch.size(x, 0)
              a, b, = torch.chunk(x, 2, 2)
              c = torch.view(torch.cat([a, b], 1), [n, -1])
              d = torch.index(c, annotate(List[Optional[Tensor]], [None, self.w]))
              e = torch.gelu(d, approximate="tanh")
              f = torch.masked_fill(e, torch.gt(e, 1), -inf)
              g = torch.view(f, [torch.mul(n, 2), 2])
              return torch.add(torch.view(g, [n, 4]), self.v)
            """,
            Map.of("w", Tensor.of(new long[] {0, 3, 7, 9}, 4), "v", Archives.weight("v", 4)));
    TorchScriptArchive archive = ArchiveReader.read(source);
    Graph traced = Tracer.trace(archive, TraceOptions.of(3, 4, 4));
    String text = InferenceArchive.of(traced, archive).code().get("__torch__/lapidary.py");
    assertThat(text)
        .isEqualTo(
            """
            class M(Module):
              __parameters__ = ["v", ]
              __buffers__ = ["w", ]
              w : Tensor
              v : Tensor
              training : bool
              def forward(self: __torch__.lapidary.M,
                input: Tensor) -> Tensor:
                batch_size = torch.size(input, 0)
                split_with_sizes, split_with_sizes_2, = torch.split_with_sizes(input, [2, 2], 2)
                cat = torch.cat([split_with_sizes, split_with_sizes_2], 1)
                reshape = torch.reshape(cat, [batch_size, 48])
                index = torch.index(reshape, annotate(List[Optional[Tensor]], [None, self.w]))
                gelu = torch.gelu(index, approximate="tanh")
                gt = torch.gt(gelu, 1)
                masked_fill = torch.masked_fill(gelu, gt, -inf)
                reshape_2 = torch.reshape(masked_fill, [torch.mul(batch_size, 2), 2])
                reshape_3 = torch.reshape(reshape_2, [batch_size, 4])
                add = torch.add(reshape_3, self.v)
                return add
            """);
    assertThat(
            OnnxWriter.bytes(
                onnx(Tracer.trace(InferenceArchive.of(traced, archive), TraceOptions.of(3, 4, 4)))))
        .isEqualTo(OnnxWriter.bytes(onnx(traced)));
  }

  /** A norm goes into a layer that nobody else reads, and into no other. */
  @Test
  void foldsOnlyWhatIsSound() throws IOException {
    Map<String, Tensor> weights =
        Map.of("w", Archives.weight("w", 5, 3, 1, 1), "g", Archives.weight("g", 5));
    String conv = "c = torch.conv2d(x, self.w)\n";
    assertThat(operatorsOf(conv + "return " + full("c"), weights)).containsExactly("conv2d");
    assertThat(operatorsOf(conv + "return torch.add(c, " + full("c") + ")", weights))
        .contains("batch_norm");
    assertThat(operatorsOf(conv + "return " + full("torch.relu(c)"), weights))
        .contains("batch_norm");
  }

  private static String full(String x) {
    return "torch.batch_norm("
        + x
        + ", self.g, self.g, self.g, torch.abs(self.g), False, 0.1, 0.5, True)";
  }

  private List<String> operatorsOf(String body, Map<String, Tensor> weights) throws IOException {
    String indented = body.replaceAll("(?m)^", "  ");
    TorchScriptArchive source = ArchiveReader.read(Archives.of(folder, indented, weights));
    return FoldBatchNorm.of(Tracer.trace(source, TraceOptions.of(3, 4, 4))).nodes().stream()
        .map(node -> node.operator().substring("aten::".length()))
        .toList();
  }
}
