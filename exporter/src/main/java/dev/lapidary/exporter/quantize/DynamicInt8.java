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
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Dynamic int8: matrix products with int8 weights, each row of their inputs quantized at each call
 * by the greatest magnitude that it has then; no calibration. No row's answer depends on another's,
 * so images may be answered in batches. Beside one range for the whole input, which ONNX's
 * DynamicQuantizeLinear takes, that leaves 33 instead of 24 dB where one feature is ten times the
 * others, and takes 14 to 29 % longer. Convolutions stay float: one range for all channels of an
 * activation ruins depthwise ones.
 *
 * <pre>{@code
 * y = MatMul(x, W)  ->  s = max(|x|, last axis) / 127
 *                       q = QuantizeLinear(x / s, 1, 128)
 *                       y = Cast(MatMulInteger(q, W_q, 128)) * scales * s
 * }</pre>
 */
public final class DynamicInt8 {
  /** As the model card says it. */
  public static final String METHOD = ModelCard.Quantization.DYNAMIC_ROWS;

  /** ReduceMax takes its axes as an input from this version of ai.onnx on. */
  private static final int AXES_AS_INPUT = 18;

  /** What stands for 0 in a row's integers. */
  private static final int ZERO = 128;

  /** A row of zeros is divided by that. */
  private static final float MIN_SCALE = 0x1p-100f;

  private final OnnxGraph graph;
  private final boolean portable;

  /** By the value that is read: what {@link #rows} made of it. */
  private final Map<String, Rows> quantized = new HashMap<>();

  private int layers;

  private DynamicInt8(OnnxGraph graph, boolean portable) {
    this.graph = graph;
    this.portable = portable;
  }

  /**
   * Converts a float32 graph.
   *
   * @param images to measure the difference on
   * @param scoring what the outputs are made to
   * @param target for which all weights have 7 bits if it is {@link Target#PORTABLE}: no image told
   *     how large a row's levels are
   * @param log gets lines of progress and warnings
   * @throws Failure (exit 2) if the model has no matrix product with a constant
   */
  public static Quantized quantize(
      OnnxGraph fp32, CalibrationSet images, Scoring scoring, Target target, Consumer<String> log) {
    DynamicInt8 dynamic = new DynamicInt8(fp32.copy(), target == Target.PORTABLE);
    dynamic.convertAll(fp32);
    if (dynamic.layers == 0) {
      throw Failure.badInput(
          "int8-dynamic quantizes MatMul and Gemm, and this model has none with a constant weight;"
              + " use --quantize int8 with --calibration");
    }
    Map<String, Fallback> floats = dynamic.floats(fp32);
    WeightedLayers layers = WeightedLayers.of(fp32, floats.keySet());
    Quantized.Method method =
        new Quantized.Method(
            METHOD, FloatLayers.counted(floats.values()), Optional.of(layers), target);
    Quantized quantized = Quantized.measured(fp32, dynamic.graph, images, scoring, method, log);
    layers.sayFloats(METHOD, floats, log);
    return quantized;
  }

  /** The graph alone; empty if there is nothing in it to quantize. */
  static Optional<OnnxGraph> converted(OnnxGraph fp32) {
    DynamicInt8 dynamic = new DynamicInt8(fp32.copy(), false);
    dynamic.convertAll(fp32);
    return dynamic.layers == 0 ? Optional.empty() : Optional.of(dynamic.graph);
  }

  private void convertAll(OnnxGraph fp32) {
    fp32.nodes().forEach(this::convert);
    graph.removeUnusedInitializers();
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
    boolean product = node.is("MatMul") || node.isPlainGemm();
    if (!product || weight.filter(w -> w.rank() == 2 && w.dtype() == DType.FLOAT32).isEmpty()) {
      return;
    }
    boolean transposed = node.intOr("transB", 0) == 1;
    Tensor columns = transposed ? transpose(weight.get()) : weight.get();
    int out = (int) columns.size(1);
    boolean[] narrow = new boolean[out];
    Arrays.fill(narrow, portable);
    QuantizedWeight q = QuantizedWeight.of(columns.toFloats(), out, 1, new float[0], 1, narrow);
    Tensor values =
        Tensor.over(DType.INT8, Storage.over(ByteBuffer.wrap(q.values())), columns.shape());
    graph.replace(node, nodes(node, values, Tensor.of(q.scales(), out)));
    layers++;
  }

  private OnnxNode[] nodes(OnnxNode node, Tensor values, Tensor scales) {
    String base = node.name();
    String w = graph.addInitializer(base + "/weight_quantized", values);
    String s = graph.addInitializer(base + "/weight_scale", scales);
    boolean biased = node.hasInput(2);
    String product = biased ? base + "/product" : node.output();
    List<OnnxNode> nodes = new ArrayList<>();
    Rows x = quantized.computeIfAbsent(node.input(0), value -> rows(value, base, nodes));
    nodes.add(
        one(base + "/MatMulInteger", "MatMulInteger", base + "/int32", x.integers(), w, x.zero()));
    nodes.add(
        one(base + "/Cast", "Cast", base + "/float", base + "/int32")
            .withAttribute("to", Attribute.of(OnnxTypes.number(DType.FLOAT32))));
    nodes.add(one(base + "/Scale", "Mul", base + "/scaled", base + "/float", s));
    nodes.add(one(base + "/Mul", "Mul", product, base + "/scaled", x.scales()));
    if (biased) {
      nodes.add(one(base + "/Bias", "Add", node.output(), product, node.input(2)));
    }
    return nodes.toArray(OnnxNode[]::new);
  }

  /**
   * An input as integers.
   *
   * @param scales one a row
   */
  private record Rows(String integers, String scales, String zero) {}

  /** Products that read the same value share its integers. */
  private Rows rows(String value, String base, List<OnnxNode> nodes) {
    Tensor middle = Tensor.zeros(DType.UINT8);
    middle.bytes().put(0, (byte) ZERO);
    String zero = graph.addInitializer(base + "/zero_point", middle);
    String unit = scalar(base + "/unit", 1);
    nodes.add(one(base + "/Abs", "Abs", base + "/magnitudes", value));
    nodes.add(greatest(base));
    String share = scalar(base + "/share", 1f / QuantType.S8_SYMMETRIC.max());
    nodes.add(one(base + "/Share", "Mul", base + "/shares", base + "/greatest", share));
    String min = scalar(base + "/least", MIN_SCALE);
    nodes.add(one(base + "/Scales", "Max", base + "/scales", base + "/shares", min));
    nodes.add(one(base + "/Div", "Div", base + "/steps", value, base + "/scales"));
    String q = base + "/quantized";
    nodes.add(one(base + "/Quantize", "QuantizeLinear", q, base + "/steps", unit, zero));
    return new Rows(q, base + "/scales", zero);
  }

  private OnnxNode greatest(String base) {
    String name = base + "/ReduceMax";
    if (graph.opset() >= AXES_AS_INPUT) {
      String axes = graph.addInitializer(base + "/last", Tensor.of(new long[] {-1}, 1));
      return one(name, "ReduceMax", base + "/greatest", base + "/magnitudes", axes);
    }
    return one(name, "ReduceMax", base + "/greatest", base + "/magnitudes")
        .withAttribute("axes", Attribute.of(new long[] {-1}));
  }

  private String scalar(String name, float value) {
    return graph.addInitializer(name, Tensor.of(new float[] {value}));
  }

  private static OnnxNode one(String name, String op, String output, String... inputs) {
    return new OnnxNode(name, op, List.of(inputs), List.of(output), Map.of());
  }

  private static Tensor transpose(Tensor t) {
    long[] shape = t.shape();
    long[] strides = t.strides();
    return t.view(new long[] {shape[1], shape[0]}, new long[] {strides[1], strides[0]}, t.offset());
  }
}
