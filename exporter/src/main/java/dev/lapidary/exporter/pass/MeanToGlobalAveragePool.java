package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A mean over height and width becomes the pooling that runtimes compute in int8.
 *
 * <pre>
 *   x [N,C,H,W] ── ReduceMean(2,3) ── y      →      x ── GlobalAveragePool (── Flatten) ── y
 * </pre>
 *
 * Flatten where the sizes are not kept. timm's squeeze and excite means so, and torchvision's
 * MNASNet and ShuffleNet end so. It does not fire on other ranks or axes.
 */
final class MeanToGlobalAveragePool implements NodePass {

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode node) {
    if (!node.is("ReduceMean") || !isSpatial(graph, node)) {
      return false;
    }
    replace(graph, node);
    return true;
  }

  private static boolean isSpatial(OnnxGraph graph, OnnxNode mean) {
    Optional<ValueInfo> input = graph.info(mean.input(0));
    if (input.isEmpty() || input.get().rank() != 4) {
      return false;
    }
    long[] axes = graph.initializer(mean.input(1)).map(Tensor::toLongs).orElse(mean.intsOr("axes"));
    LongStream fromStart = Arrays.stream(axes).map(axis -> axis < 0 ? axis + 4 : axis).sorted();
    return Arrays.equals(fromStart.toArray(), new long[] {2, 3});
  }

  private static void replace(OnnxGraph graph, OnnxNode mean) {
    List<String> input = List.of(mean.input(0));
    if (mean.intOr("keepdims", 1) == 1) {
      graph.replace(
          mean, new OnnxNode(mean.name(), "GlobalAveragePool", input, mean.outputs(), Map.of()));
      return;
    }
    String pooled = graph.fresh(mean.name() + ".pooled");
    Map<String, Attribute> axis = Map.of("axis", Attribute.of(1));
    graph.replace(
        mean,
        new OnnxNode(pooled, "GlobalAveragePool", input, List.of(pooled), Map.of()),
        new OnnxNode(mean.name(), "Flatten", List.of(pooled), mean.outputs(), axis));
  }
}
