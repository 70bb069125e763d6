package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxTypes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Dynamic int8: matrix products with int8 weights, their inputs quantized at each call by the range
 * that they have then; no calibration. That range is the whole batch's, so an image's answer
 * depends on those beside it: the card's method tells a server to run them one by one. Convolutions
 * stay float: one range for all channels of an activation ruins depthwise ones.
 *
 * <pre>{@code
 * y = MatMul(x, W)  ->  q, s, z = DynamicQuantizeLinear(x)
 *                       y = Cast(MatMulInteger(q, W_q, z)) * (s * scales)
 * }</pre>
 */
public final class DynamicInt8 {
  /** As the model card says it. */
  public static final String METHOD = ModelCard.Quantization.DYNAMIC;

  private final OnnxGraph graph;
  private int layers;

  private DynamicInt8(OnnxGraph graph) {
    this.graph = graph;
  }

  /**
   * Converts a float32 graph.
   *
   * @param images to measure the difference on
   * @param scoring what the outputs are made to
   * @param log gets lines of progress and warnings
   * @throws Failure (exit 2) if the model has no matrix product with a constant
   */
  public static Quantized quantize(
      OnnxGraph fp32, CalibrationSet images, Scoring scoring, Consumer<String> log) {
    DynamicInt8 dynamic = new DynamicInt8(fp32.copy());
    for (OnnxNode node : fp32.nodes()) {
      dynamic.convert(node);
    }
    if (dynamic.layers == 0) {
      throw Failure.badInput(
          "int8-dynamic quantizes MatMul and Gemm, and this model has none with a constant weight;"
              + " use --quantize int8 with --calibration");
    }
    dynamic.removeUnused();
    Map<String, Fallback> floats = dynamic.floats(fp32);
    WeightedLayers layers = WeightedLayers.of(fp32, floats.keySet());
    Quantized.Method method =
        new Quantized.Method(METHOD, FloatLayers.counted(floats.values()), Optional.of(layers));
    Quantized quantized = Quantized.measured(fp32, dynamic.graph, images, scoring, method, log);
    layers.sayFloats(METHOD, floats, log);
    return quantized;
  }

  /** The layers with weights that were left as they are, by their names. */
  private Map<String, Fallback> floats(OnnxGraph fp32) {
    Map<String, Fallback> floats = new LinkedHashMap<>();
    Set<String> weighted = WeightedLayers.of(fp32, Set.of()).operators().keySet();
    for (OnnxNode node : fp32.nodes()) {
      if (weighted.contains(node.name()) && graph.contains(node)) {
        floats.put(node.name(), new Fallback(node.op(), reason(node)));
      }
    }
    return floats;
  }

  private static String reason(OnnxNode node) {
    return node.is("Conv", "ConvTranspose")
        ? "one range an image for all channels ruins convolutions"
        : "only products of activations by one constant float32 matrix are taken";
  }

  private void convert(OnnxNode node) {
    Optional<Tensor> weight = graph.initializer(node.input(1));
    boolean product =
        node.is("MatMul")
            || (node.is("Gemm")
                && node.intOr("transA", 0) == 0
                && node.realOr("alpha", 1) == 1
                && node.realOr("beta", 1) == 1);
    if (!product
        || weight.isEmpty()
        || weight.get().rank() != 2
        || weight.get().dtype() != DType.FLOAT32) {
      return;
    }
    boolean transposed = node.intOr("transB", 0) == 1;
    Tensor columns = transposed ? transpose(weight.get()) : weight.get();
    int out = (int) columns.size(1);
    QuantizedWeight q = QuantizedWeight.of(columns.toFloats(), out, 1, new float[0], 1);
    Tensor values =
        Tensor.over(DType.INT8, Storage.over(ByteBuffer.wrap(q.values())), columns.shape());
    graph.replace(node, nodes(node, values, Tensor.of(q.scales(), out)));
    layers++;
  }

  private OnnxNode[] nodes(OnnxNode node, Tensor values, Tensor scales) {
    String base = node.name();
    String w = graph.addInitializer(base + "/weight_quantized", values);
    String s = graph.addInitializer(base + "/weight_scale", scales);
    String q = base + "/quantized";
    String scale = base + "/scale";
    String zero = base + "/zero_point";
    boolean biased = node.hasInput(2);
    String product = biased ? base + "/product" : node.output();
    List<OnnxNode> nodes = new ArrayList<>();
    nodes.add(
        new OnnxNode(
            base + "/DynamicQuantizeLinear",
            "DynamicQuantizeLinear",
            List.of(node.input(0)),
            List.of(q, scale, zero),
            Map.of()));
    nodes.add(one(base + "/MatMulInteger", "MatMulInteger", base + "/int32", q, w, zero));
    nodes.add(
        one(base + "/Cast", "Cast", base + "/float", base + "/int32")
            .withAttribute("to", Attribute.of(OnnxTypes.number(DType.FLOAT32))));
    nodes.add(one(base + "/Scale", "Mul", base + "/scales", scale, s));
    nodes.add(one(base + "/Mul", "Mul", product, base + "/float", base + "/scales"));
    if (biased) {
      nodes.add(one(base + "/Bias", "Add", node.output(), product, node.input(2)));
    }
    return nodes.toArray(OnnxNode[]::new);
  }

  private static OnnxNode one(String name, String op, String output, String... inputs) {
    return new OnnxNode(name, op, List.of(inputs), List.of(output), Map.of());
  }

  private static Tensor transpose(Tensor t) {
    long[] shape = t.shape();
    long[] strides = t.strides();
    return t.view(new long[] {shape[1], shape[0]}, new long[] {strides[1], strides[0]}, t.offset());
  }

  private void removeUnused() {
    for (String name : List.copyOf(graph.initializers().keySet())) {
      if (!graph.isUsed(name)) {
        graph.removeInitializer(name);
      }
    }
  }
}
