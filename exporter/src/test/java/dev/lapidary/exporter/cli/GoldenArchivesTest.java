package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Archives that PyTorch itself wrote become ONNX that gives PyTorch's recorded logits. */
class GoldenArchivesTest {
  private static final JsonNode EXPECTED = Golden.json("torchscript/expected.json");
  private static final int SAMPLE = 3 * 224 * 224;

  /** Families whose traced graph differs from the scripted one, and why. */
  private static final Map<String, String> DIFFERENT =
      Map.of(
          "vit",
          "tracing recorded the steps of multi_head_attention_forward on [L*N, E], where the script"
              + " takes the fused operator on [N, L, E]");

  @TestFactory
  Stream<DynamicTest> onnxRuntimeGivesPyTorchsLogits() {
    return Golden.FAMILIES.stream()
        .flatMap(family -> Stream.of("scripted", "traced").map(kind -> test(family, kind)));
  }

  private static DynamicTest test(String family, String kind) {
    return DynamicTest.dynamicTest(
        family + "-" + kind,
        () -> Golden.archive(family, kind).ifPresent(file -> check(family, file)));
  }

  private static void check(String family, Path file) {
    OnnxGraph graph = export(file, 17);
    float[] two = expected(family);
    float[] input = Uniform.tensor("input", 2, 3, 224, 224).toFloats();
    assertClose(OrtRun.first(graph, batch(input, 0, 1)), rows(two, 0, 1), "batch 2");
    assertClose(OrtRun.first(graph, batch(input, 1)), rows(two, 1), "batch 1");
    assertClose(
        OrtRun.first(graph, batch(input, 1, 0, 0, 1, 0)), rows(two, 1, 0, 0, 1, 0), "batch 5");
    assertThat(OnnxWriter.bytes(export(file, 17)))
        .as("the same archive gives the same bytes")
        .isEqualTo(OnnxWriter.bytes(graph));
    OnnxGraph back = OnnxReader.read(ByteBuffer.wrap(OnnxWriter.bytes(graph)), family);
    assertThat(back.nodes()).hasSameSizeAs(graph.nodes());
  }

  @TestFactory
  Stream<DynamicTest> theLowestAndTheHighestOpsetGiveTheSame() {
    return Stream.of("mobilenet_v3_small", "vit", "swin", "convnext")
        .flatMap(family -> IntStream.of(13, 18, 20).mapToObj(o -> opset(family, "scripted", o)));
  }

  @Tag("proof")
  @TestFactory
  Stream<DynamicTest> everyOpsetOfEveryArchiveGivesTheSame() {
    return Golden.FAMILIES.stream()
        .flatMap(family -> Stream.of("scripted", "traced").map(kind -> List.of(family, kind)))
        .filter(archive -> Golden.archive(archive.get(0), archive.get(1)).isPresent())
        .flatMap(
            archive ->
                IntStream.rangeClosed(GraphLowering.MIN_OPSET, GraphLowering.MAX_OPSET)
                    .mapToObj(version -> opset(archive.get(0), archive.get(1), version)));
  }

  private static DynamicTest opset(String family, String kind, int version) {
    return DynamicTest.dynamicTest(
        family + "-" + kind + " at opset " + version,
        () -> {
          OnnxGraph graph = export(Golden.archive(family, kind).orElseThrow(), version);
          float[] input = Uniform.tensor("input", 2, 3, 224, 224).toFloats();
          Tensor found = OrtRun.first(graph, batch(input, 0));
          assertClose(found, rows(expected(family), 0), "opset " + version);
        });
  }

  @TestFactory
  Stream<DynamicTest> scriptedAndTracedGiveTheSameOperatorsAndWeights() {
    return Golden.FAMILIES.stream()
        .map(family -> DynamicTest.dynamicTest(family, () -> compare(family)));
  }

  private static void compare(String family) {
    Optional<Path> scripted = Golden.archive(family, "scripted");
    Optional<Path> traced = Golden.archive(family, "traced");
    if (scripted.isEmpty() || traced.isEmpty()) {
      return;
    }
    OnnxGraph a = export(scripted.get(), 17);
    OnnxGraph b = export(traced.get(), 17);
    if (DIFFERENT.containsKey(family)) {
      assertThat(operators(a)).as("no longer an exception").isNotEqualTo(operators(b));
      return;
    }
    assertThat(operators(b)).isEqualTo(operators(a));
    assertThat(weights(b)).isEqualTo(weights(a));
  }

  private static Map<String, Integer> operators(OnnxGraph graph) {
    Map<String, Integer> counts = new TreeMap<>();
    for (OnnxNode node : graph.nodes()) {
      counts.merge(node.op(), 1, Integer::sum);
    }
    return counts;
  }

  /** The initializers' bytes, in any order and under any name. */
  private static List<ByteBuffer> weights(OnnxGraph graph) {
    return graph.initializers().values().stream()
        .map(Tensor::contiguous)
        .map(Tensor::bytes)
        .sorted()
        .toList();
  }

  private static OnnxGraph export(Path file, int opset) {
    Graph traced = Tracer.trace(ArchiveReader.read(file), TraceOptions.of(3, 224, 224));
    OnnxGraph graph = GraphLowering.lower(traced, opset);
    Passes.run(graph);
    return graph;
  }

  private static Tensor batch(float[] samples, int... order) {
    float[] values = new float[order.length * SAMPLE];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(samples, order[i] * SAMPLE, values, i * SAMPLE, SAMPLE);
    }
    return Tensor.of(values, order.length, 3, 224, 224);
  }

  private static float[] expected(String family) {
    JsonNode rows = EXPECTED.get(family).get("output");
    float[] values = new float[rows.size() * rows.get(0).size()];
    int at = 0;
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        values[at++] = (float) value.asDouble();
      }
    }
    return values;
  }

  private static float[] rows(float[] two, int... order) {
    int classes = two.length / 2;
    float[] values = new float[order.length * classes];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(two, order[i] * classes, values, i * classes, classes);
    }
    return values;
  }

  private static void assertClose(Tensor found, float[] expected, String what) {
    float[] values = found.toFloats();
    assertThat(values).hasSameSizeAs(expected);
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(values[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    assertThat(difference / largest).as(what).isLessThan(1e-4);
  }
}
