package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxTypes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * float16 weights and arithmetic. Inputs and outputs stay float32, and so do normalizations,
 * softmax and running sums, which leave float16's range, and places in images, which are between
 * its numbers; casts stand where the two meet.
 */
public final class HalfPrecision {
  /** As the model card says it. */
  public static final String METHOD = "fp16";

  /** float16's greatest number; what is larger is clamped to it. */
  private static final float LARGEST = 65504;

  private static final Set<String> STAYS_FLOAT =
      Set.of(
          """
          BatchNormalization CumSum GRU GridSample GroupNormalization InstanceNormalization LSTM
          LayerNormalization LogSoftmax LpNormalization Mod RNN ReduceL2 ReduceProd
          ReduceSumSquare Softmax
          """
              .split("\\s+"));

  private final OnnxGraph from;
  private final OnnxGraph to;
  private final Set<String> norms;

  /** Values of the result that are float16, and those that are float32. */
  private final Set<String> halves = new HashSet<>();

  private final Set<String> floats = new HashSet<>();

  /** Casts and converted constants that exist already, by what they come from. */
  private final Map<String, String> asHalf = new HashMap<>();

  private final Map<String, String> asFloat = new HashMap<>();
  private final List<Fallback> kept = new ArrayList<>();
  private int clamped;

  private HalfPrecision(OnnxGraph from) {
    this.from = from;
    this.to = from.frame();
    this.norms = WrittenOutNorms.nodes(from);
  }

  /**
   * Converts a float32 graph.
   *
   * @param images to measure the difference on
   * @param scoring what the outputs are made to
   * @param log gets lines of progress and warnings
   */
  public static Quantized quantize(
      OnnxGraph fp32, CalibrationSet images, Scoring scoring, Consumer<String> log) {
    HalfPrecision half = new HalfPrecision(fp32);
    half.convert();
    if (half.clamped > 0) {
      log.accept(
          "warning: %d weights were beyond +-65504 and are clamped to it".formatted(half.clamped));
    }
    List<Fallback> fallbacks = FloatLayers.counted(half.kept);
    return Quantized.measured(
        fp32,
        half.to,
        images,
        scoring,
        new Quantized.Method(METHOD, fallbacks, Optional.empty(), Target.CPU),
        log);
  }

  /** The graph alone. */
  static OnnxGraph converted(OnnxGraph fp32) {
    HalfPrecision half = new HalfPrecision(fp32);
    half.convert();
    return half.to;
  }

  private static String reason(String op) {
    return switch (op) {
      case "GridSample" -> "float16 has few places between two pixels";
      case "Mod" -> "a rest of what is rounded is another one";
      default -> "its sums leave float16";
    };
  }

  private void convert() {
    from.inputs().stream()
        .filter(input -> input.dtype() == DType.FLOAT32)
        .forEach(input -> floats.add(input.name()));
    from.initializers().entrySet().stream()
        .filter(constant -> constant.getValue().dtype() == DType.FLOAT32)
        .forEach(constant -> floats.add(constant.getKey()));
    from.nodes().forEach(this::convert);
    to.complete(from);
  }

  private void convert(OnnxNode node) {
    boolean half = !staysFloat(node);
    List<String> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      String value = node.input(i);
      boolean scales = node.is("Resize") && i > 0; // these are float32 by definition
      inputs.add(half && !scales ? half(value) : single(value));
    }
    boolean floating = givesFloats(node);
    if (floating && !half) {
      kept.add(new Fallback(node.op(), reason(node.op())));
    }
    List<String> outputs = new ArrayList<>();
    List<OnnxNode> casts = new ArrayList<>();
    for (int i = 0; i < node.outputs().size(); i++) {
      String output = node.outputs().get(i);
      boolean indices = node.is("TopK", "MaxPool") && i == 1;
      boolean back = floating && half && !indices && from.isOutput(output);
      String name = back ? output + "/fp16" : output;
      outputs.add(name);
      if (floating && !indices) {
        (half ? halves : floats).add(name);
      }
      if (back) {
        casts.add(cast(name, output, DType.FLOAT32));
        floats.add(output);
        asHalf.put(output, name);
      }
    }
    OnnxNode converted = node.withInputs(inputs).withOutputs(outputs);
    to.add(half && floating ? withHalfAttributes(converted) : converted);
    casts.forEach(to::add);
  }

  /** ONNX Runtime has no kernel that adds up at indices in float16. */
  private boolean staysFloat(OnnxNode node) {
    return STAYS_FLOAT.contains(node.op())
        || norms.contains(node.name())
        || (node.is("ScatterElements") && node.attributes().containsKey("reduction"));
  }

  private OnnxNode withHalfAttributes(OnnxNode node) {
    if (node.is("ConstantOfShape")) {
      return node.withAttribute("value", new Attribute.Constant(halfOf(filling(node))));
    }
    if (node.is("Cast")) {
      return node.withAttribute("to", Attribute.of(OnnxTypes.number(DType.FLOAT16)));
    }
    return node;
  }

  /** Whether a node's outputs are floats: as its first data input is, but for a few operators. */
  private boolean givesFloats(OnnxNode node) {
    return switch (node.op()) {
      case "Cast" -> node.intOr("to", 0) == OnnxTypes.number(DType.FLOAT32);
      case "Shape", "Size", "ArgMax", "ArgMin", "Equal", "Greater", "Less", "Not", "NonZero" ->
          false;
      case "Where" -> isFloat(node.input(1));
      case "ConstantOfShape" -> filling(node).dtype() == DType.FLOAT32;
      default -> isFloat(node.input(0));
    };
  }

  private static Tensor filling(OnnxNode node) {
    return node.tensor("value").orElse(Tensor.zeros(DType.FLOAT32, 1));
  }

  private boolean isFloat(String value) {
    return floats.contains(value) || halves.contains(value);
  }

  private String half(String value) {
    return floats.contains(value) ? asHalf.computeIfAbsent(value, this::converted) : value;
  }

  private String converted(String value) {
    Optional<Tensor> constant = from.initializer(value);
    String name = value + "/fp16";
    if (constant.isPresent()) {
      name = to.addInitializer(name, halfOf(constant.get()));
    } else {
      to.add(cast(value, name, DType.FLOAT16));
    }
    halves.add(name);
    return name;
  }

  private String single(String value) {
    if (!halves.contains(value)) {
      return value;
    }
    return asFloat.computeIfAbsent(
        value,
        key -> {
          to.add(cast(key, key + "/fp32", DType.FLOAT32));
          floats.add(key + "/fp32");
          return key + "/fp32";
        });
  }

  private static OnnxNode cast(String value, String to, DType dtype) {
    return new OnnxNode(
        to + "/cast",
        "Cast",
        List.of(value),
        List.of(to),
        Map.of("to", Attribute.of(OnnxTypes.number(dtype))));
  }

  private Tensor halfOf(Tensor tensor) {
    float[] values = tensor.toFloats();
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : values) {
      clamped += Math.abs(v) > LARGEST ? 1 : 0;
      bytes.putShort(Half.toFloat16(Math.max(-LARGEST, Math.min(LARGEST, v))));
    }
    return Tensor.over(DType.FLOAT16, Storage.over(bytes.flip()), tensor.shape());
  }
}
