package dev.lapidary.exporter.pass;

import static dev.lapidary.exporter.onnx.Attribute.of;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.testing.GraphOf;
import java.util.List;
import java.util.Map;

class DequantizeByChannelTest extends PassContract {
  @Override
  Pass pass() {
    return new DequantizeByChannel();
  }

  /** x on a grid: a. */
  private static GraphOf onAGrid(long... sizes) {
    return new GraphOf(sizes)
        .number("s", 0.0079f)
        .integer("z", DType.UINT8, 131)
        .node("q", "QuantizeLinear", "x", "s", "z")
        .node("a", "DequantizeLinear", "q", "s", "z")
        .constant("w", 6, 4, 3, 3);
  }

  private static OnnxGraph quantized(GraphOf graph, String value, int rank) {
    return graph
        .node("qy", "QuantizeLinear", value, "s", "z")
        .node("y", "DequantizeLinear", "qy", "s", "z")
        .output("y", rank);
  }

  private static Case between(String title, OnnxGraph graph, String... layers) {
    String[] all = new String[layers.length + 5];
    all[0] = "QuantizeLinear";
    all[1] = "DequantizeLinear";
    all[2] = "DequantizeLinear";
    System.arraycopy(layers, 0, all, 3, layers.length);
    all[layers.length + 3] = "QuantizeLinear";
    all[layers.length + 4] = "DequantizeLinear";
    return on(title, graph, all);
  }

  @Override
  List<Case> fires() {
    return List.of(
        between(
            "a convolution",
            quantized(onAGrid(4, 6, 6).node("c", "Conv", "a", "w"), "c", 4),
            "Conv"),
        between(
            "a depthwise one and its Relu",
            quantized(
                onAGrid(4, 6, 6)
                    .constant("d", 4, 1, 3, 3)
                    .node("c", "Conv", Map.of("group", of(4)), "a", "d")
                    .node("r", "Relu", "c"),
                "r",
                4),
            "Conv",
            "Relu"),
        between(
            "a transposed one",
            quantized(
                onAGrid(4, 6, 6).constant("t", 4, 3, 2, 2).node("c", "ConvTranspose", "a", "t"),
                "c",
                4),
            "ConvTranspose"),
        between(
            "a Gemm",
            quantized(onAGrid(4).constant("g", 4, 5).node("c", "Gemm", "a", "g"), "c", 2),
            "Gemm"),
        between(
            "a Gemm whose weight is turned",
            quantized(
                onAGrid(4).constant("g", 5, 4).node("c", "Gemm", Map.of("transB", of(1)), "a", "g"),
                "c",
                2),
            "Gemm"),
        between(
            "two that read the same",
            quantized(
                onAGrid(4, 6, 6)
                    .node("c", "Conv", "a", "w")
                    .node("qc", "QuantizeLinear", "c", "s", "z")
                    .node("dc", "DequantizeLinear", "qc", "s", "z")
                    .node("e", "Conv", "a", "w")
                    .node("qe", "QuantizeLinear", "e", "s", "z")
                    .node("de", "DequantizeLinear", "qe", "s", "z")
                    .node("f", "Add", "dc", "de"),
                "f",
                4),
            "Conv",
            "QuantizeLinear",
            "DequantizeLinear",
            "Conv",
            "QuantizeLinear",
            "DequantizeLinear",
            "Add"));
  }

  @Override
  List<Case> doesNotFire() {
    return List.of(
        on("floats in front", quantized(onAGrid(4, 6, 6).node("c", "Conv", "x", "w"), "c", 4)),
        on("floats behind", onAGrid(4, 6, 6).node("y", "Conv", "a", "w").output("y", 4)),
        on(
            "integers as weights",
            quantized(
                onAGrid(4)
                    .integer("i", DType.UINT8, 1, 2, 3, 4)
                    .node("v", "DequantizeLinear", "i", "s", "z")
                    .longs("shape", 4, 1)
                    .node("g", "Reshape", "v", "shape")
                    .node("c", "Gemm", "a", "g"),
                "c",
                2)),
        on(
            "scales by channel",
            quantized(
                onAGrid(4, 6, 6)
                    .positive("ss", 4)
                    .integer("zz", DType.UINT8, 1, 2, 3, 4)
                    .node("b", "DequantizeLinear", Map.of("axis", of(1)), "q", "ss", "zz")
                    .node("c", "Conv", "b", "w"),
                "c",
                4)));
  }
}
