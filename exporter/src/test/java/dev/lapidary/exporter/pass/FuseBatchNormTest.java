package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class FuseBatchNormTest extends PassContract {

  private static GraphOf norm(GraphOf graph, long channels) {
    return graph
        .positive("g", channels)
        .constant("beta", channels)
        .constant("m", channels)
        .positive("v", channels);
  }

  @Override
  Pass pass() {
    return new FuseBatchNorm();
  }

  @Override
  List<Case> fires() {
    String[] bn = {"h", "g", "beta", "m", "v"};
    return List.of(
        on(
            "Conv without bias",
            norm(new GraphOf(3, 8, 8), 4)
                .constant("w", 4, 3, 3, 3)
                .node("h", "Conv", "x", "w")
                .node("y", "BatchNormalization", Map.of("epsilon", of(1e-3)), bn)
                .output("y", 4),
            "Conv"),
        on(
            "depthwise Conv with bias, then Relu",
            norm(new GraphOf(4, 8, 8), 4)
                .constant("w", 4, 1, 3, 3)
                .constant("b", 4)
                .node("h", "Conv", Map.of("group", of(4)), "x", "w", "b")
                .node("n", "BatchNormalization", bn)
                .node("y", "Relu", "n")
                .output("y", 4),
            "Conv",
            "Relu"),
        on(
            "ConvTranspose",
            norm(new GraphOf(3, 5, 5), 4)
                .constant("w", 3, 4, 2, 2)
                .node("h", "ConvTranspose", Map.of("strides", of(2, 2)), "x", "w")
                .node("y", "BatchNormalization", bn)
                .output("y", 4),
            "ConvTranspose"),
        on(
            "Gemm with a turned weight",
            norm(new GraphOf(6), 4)
                .constant("w", 4, 6)
                .constant("b", 4)
                .node("h", "Gemm", Map.of("transB", of(1)), "x", "w", "b")
                .node("y", "BatchNormalization", bn)
                .output("y", 2),
            "Gemm"),
        on(
            "Gemm with a plain weight and no bias",
            norm(new GraphOf(6), 4)
                .constant("w", 6, 4)
                .node("h", "Gemm", "x", "w")
                .node("y", "BatchNormalization", bn)
                .output("y", 2),
            "Gemm"));
  }

  @Override
  List<Case> doesNotFire() {
    String[] bn = {"h", "g", "beta", "m", "v"};
    return List.of(
        on(
            "a Relu stands between",
            norm(new GraphOf(3, 8, 8), 4)
                .constant("w", 4, 3, 1, 1)
                .node("c", "Conv", "x", "w")
                .node("h", "Relu", "c")
                .node("y", "BatchNormalization", bn)
                .output("y", 4)),
        on(
            "another node reads the Conv",
            norm(new GraphOf(3, 8, 8), 4)
                .constant("w", 4, 3, 1, 1)
                .node("h", "Conv", "x", "w")
                .node("n", "BatchNormalization", bn)
                .node("y", "Add", "n", "h")
                .output("y", 4)),
        on(
            "the weight is computed",
            norm(new GraphOf(4, 4, 4), 4)
                .constant("w", 4, 4, 1, 1)
                .node("c", "Neg", "w")
                .node("h", "Conv", "x", "c")
                .node("y", "BatchNormalization", bn)
                .output("y", 4)),
        on(
            "a Gemm that scales its bias",
            norm(new GraphOf(6), 4)
                .constant("w", 6, 4)
                .constant("b", 4)
                .node("h", "Gemm", Map.of("beta", of(0.5)), "x", "w", "b")
                .node("y", "BatchNormalization", bn)
                .output("y", 2)),
        on(
            "a grouped ConvTranspose",
            norm(new GraphOf(4, 5, 5), 4)
                .constant("w", 4, 2, 2, 2)
                .node("h", "ConvTranspose", Map.of("group", of(2)), "x", "w")
                .node("y", "BatchNormalization", bn)
                .output("y", 4)));
  }
}
