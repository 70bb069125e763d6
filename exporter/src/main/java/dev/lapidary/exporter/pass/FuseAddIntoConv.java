package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Optional;

/**
 * A constant that is added by channel to a Conv's output goes into its bias. Left alone it would
 * keep ONNX Runtime from computing the Conv in int8.
 *
 * <pre>
 *   x ── Conv(W, b) ── Add(c [C,1,1]) ── y      →      x ── Conv(W, b + c) ── y
 * </pre>
 *
 * timm's MobileOne and FastViT begin the sum of a block's branches with 0.
 */
final class FuseAddIntoConv implements NodePass {

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode node) {
    return node.is("Add") && (fuse(graph, node, 0) || fuse(graph, node, 1));
  }

  private static boolean fuse(OnnxGraph graph, OnnxNode add, int side) {
    Optional<OnnxNode> conv = graph.producer(add.input(side), "Conv");
    Optional<Tensor> constant = graph.initializer(add.input(1 - side));
    if (conv.isEmpty() || constant.isEmpty() || graph.soleConsumer(add.input(side)).isEmpty()) {
      return false;
    }
    OnnxNode layer = conv.get();
    Optional<Tensor> weight = graph.initializer(layer.input(1));
    Optional<Tensor> bias = graph.initializer(layer.input(2));
    if (weight.isEmpty() || (layer.hasInput(2) && bias.isEmpty())) {
      return false;
    }
    int channels = (int) weight.get().size(0);
    if (!isByChannel(constant.get(), weight.get().rank(), channels)) {
      return false;
    }
    double[] added = constant.get().toDoubles();
    double[] sum = bias.map(Tensor::toDoubles).orElse(new double[channels]);
    for (int c = 0; c < channels; c++) {
      sum[c] += added[added.length == 1 ? 0 : c];
    }
    String name = layer.hasInput(2) ? layer.input(2) : layer.name() + ".bias";
    String fused = graph.addInitializer(name, Channels.vector(sum));
    graph.remove(add);
    graph.replace(layer, layer.withInput(2, fused).withOutputs(add.outputs()));
    return true;
  }

  /** [C,1,1] or [1,C,1,1], or one number, against [N,C,H,W]. */
  private static boolean isByChannel(Tensor constant, int rank, int channels) {
    if (constant.dtype() != DType.FLOAT32 || constant.rank() > rank) {
      return false;
    }
    if (constant.numel() == 1) {
      return true;
    }
    int axis = constant.rank() - rank + 1;
    return axis >= 0 && constant.size(axis) == channels && constant.numel() == channels;
  }
}
