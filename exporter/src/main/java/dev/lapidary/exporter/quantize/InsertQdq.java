package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.DequantizeByChannel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes the int8 graph: QuantizeLinear and DequantizeLinear around what computes on integers, int8
 * weights, int32 biases. What a float graph has is the same in it, node for node, except:
 *
 * <pre>{@code
 * x -> Conv -> Relu -> y      x -> Q -> DQ -> Conv(DQ(w), DQ(b)) -> Relu -> Q -> DQ -> y
 *
 * HardSigmoid(x)              A = Q(x + 3, scale 6/255, zero 0), which clips to [0, 6] by saturation
 *                             DQ(A, scale 1/255): the same integers, read as [0, 1]
 * HardSwish(x)                Q(x * that)
 * }</pre>
 *
 * <p>ONNX Runtime has no integer HardSwish or HardSigmoid; written like this they are a QLinearAdd
 * and a QLinearMul, with the error of a float HardSwish between DQ and Q.
 */
final class InsertQdq {
  /** What HardSigmoid's integers mean: 0..255 is 0..1. */
  static final QuantParams HARD_GATE = QuantParams.of(new Range(0, 1), QuantType.U8);

  private static final QuantParams HARD_SUM = QuantParams.of(new Range(0, 6), QuantType.U8);
  private static final QuantParams THREE = QuantParams.of(new Range(0, 3), QuantType.U8);

  private final OnnxGraph from;
  private final Int8Plan plan;
  private final Map<String, QuantParams> params;
  private final Map<String, float[]> biases;
  private final WeightRounding rounding;
  private final OnnxGraph to;
  private final QdqNodes qdq;

  /** By value: what a reader of integers reads, and what any other node reads. */
  private final Map<String, String> asIntegers = new HashMap<>();

  private final Map<String, String> asFloats = new HashMap<>();

  /**
   * @param params of every value that exists as integers
   * @param biases that replace a layer's own, by the node's name
   * @param rounding chooses the weights' integers
   */
  InsertQdq(
      OnnxGraph from,
      Int8Plan plan,
      Map<String, QuantParams> params,
      Map<String, float[]> biases,
      WeightRounding rounding) {
    this.from = from;
    this.plan = plan;
    this.params = params;
    this.biases = biases;
    this.rounding = rounding;
    this.to = from.frame();
    this.qdq = new QdqNodes(to);
  }

  OnnxGraph write() {
    from.inputs().forEach(input -> quantizeIfPlanned(input.name(), input.name()));
    from.nodes().forEach(this::node);
    return to.complete(from);
  }

  private void node(OnnxNode node) {
    Role role = plan.roleOf(node);
    boolean computes = role == Role.COMPUTE || role == Role.COMPUTE_TO_FLOAT;
    if (computes && node.is("HardSigmoid")) {
      String gate = hardGate(node);
      asIntegers.put(node.output(), gate);
      asFloats.put(node.output(), gate);
      return;
    }
    List<String> outputs = node.outputs().stream().map(this::rawName).toList();
    if (computes && node.is("HardSwish")) {
      List<String> factors = List.of(integers(node.input(0)), hardGate(node));
      to.add(new OnnxNode(node.name(), "Mul", factors, outputs, Map.of()));
    } else if (computes && node.is("Conv", "Gemm", "MatMul")) {
      to.add(node.withInputs(weighted(node)).withOutputs(outputs));
    } else {
      List<String> inputs = new ArrayList<>(inputs(node, role));
      if (role == Role.FLOAT && node.is("Conv", "ConvTranspose", "Gemm")) {
        inputs.set(0, keptFloat(node, inputs.get(0)));
      }
      to.add(node.withInputs(inputs).withOutputs(outputs));
    }
    for (int i = 0; i < outputs.size(); i++) {
      quantizeIfPlanned(node.outputs().get(i), outputs.get(i));
    }
  }

  /** A quantized value that is an output of the graph keeps its name behind DequantizeLinear. */
  private String rawName(String value) {
    return from.isOutput(value) && params.containsKey(value) && plan.isQuantized(value)
        ? value + "/raw"
        : value;
  }

  private List<String> inputs(OnnxNode node, Role role) {
    return node.inputs().stream()
        .map(i -> role.takesIntegers() ? integers(i) : asFloats.getOrDefault(i, i))
        .toList();
  }

  /**
   * What a layer on floats reads of a value on integers: the same numbers, dequantized with the
   * scale once a channel, as {@link DequantizeByChannel} explains; it is done here already, so that
   * all layers that read a value read the same.
   */
  private String keptFloat(OnnxNode node, String input) {
    String value = node.input(0);
    Optional<Tensor> weight = from.initializer(node.input(1));
    QuantParams p = params.get(value);
    if (p == null || weight.isEmpty() || !input.equals(asIntegers.get(value))) {
      return input;
    }
    int channels = DequantizeByChannel.channels(node, weight.get());
    String name = value + "/dequantized_by_channel";
    if (to.producer(name).isEmpty()) {
      float[] scales = new float[channels];
      Arrays.fill(scales, p.scale());
      Tensor zeros = Tensor.zeros(p.type().dtype(), channels);
      for (int c = 0; c < channels; c++) {
        zeros.bytes().put(c, (byte) p.zeroPoint());
      }
      String scale = to.addInitializer(value + "/scale_by_channel", Tensor.of(scales, channels));
      String zero = to.addInitializer(value + "/zero_point_by_channel", zeros);
      qdq.byChannel(name, value + "/quantized", scale, zero, 1);
    }
    return name;
  }

  private String integers(String value) {
    return asIntegers.getOrDefault(value, value);
  }

  private void quantizeIfPlanned(String value, String raw) {
    QuantParams p = params.get(value);
    if (p == null || !plan.isQuantized(value)) {
      return;
    }
    String back = raw.equals(value) ? value + "/dequantized" : value;
    qdq.quantize(value, raw, back, p);
    asIntegers.put(value, back);
    asFloats.put(value, plan.comesFromIntegers(value) ? back : raw);
  }

  /** {@code clip(x + 3, 0, 6) / 6} as the name of a value. */
  private String hardGate(OnnxNode node) {
    String name = node.output() + "/gate";
    String threeScale = qdq.scalar(name + "/three_scale", THREE.scale());
    Tensor three = THREE.tensor(THREE.quantize(3));
    String zero = qdq.zeroPoint(name + "/zero_point", HARD_SUM);
    String threeValue = to.addInitializer(name + "/three_quantized", three);
    qdq.add("DequantizeLinear", name + "/three", threeValue, threeScale, zero);
    qdq.add("Add", name + "/sum", integers(node.input(0)), name + "/three");
    String sumScale = qdq.scalar(name + "/sum_scale", HARD_SUM.scale());
    qdq.add("QuantizeLinear", name + "/sum_quantized", name + "/sum", sumScale, zero);
    String gateScale = qdq.scalar(name + "/scale", HARD_GATE.scale());
    qdq.add("DequantizeLinear", name, name + "/sum_quantized", gateScale, zero);
    return name;
  }

  /** The inputs of a layer with int8 weights; they go to the graph under the layer's own names. */
  private List<String> weighted(OnnxNode node) {
    String x = node.input(0);
    QuantParams input =
        Objects.requireNonNull(params.get(x), () -> x + " of " + node.name() + " has no integers");
    Tensor weight = from.initializer(node.input(1)).orElseThrow();
    float[] bias = biases.getOrDefault(node.name(), bias(from, node));
    QuantizedWeight q = rounding.quantized(from, node, bias, input);
    String base = node.name();
    List<String> inputs = new ArrayList<>(List.of(integers(x)));
    inputs.add(qdq.weight(base + "/weight", q, weight, channelAxis(node)));
    if (bias.length > 0) {
      inputs.add(qdq.dequantized(base + "/bias", int32(q.bias()), q.biasScales(), 0));
    }
    return inputs;
  }

  static int channelAxis(OnnxNode node) {
    return node.is("MatMul") || (node.is("Gemm") && node.intOr("transB", 0) == 0) ? 1 : 0;
  }

  /** A layer's bias; empty if it has none. */
  static float[] bias(OnnxGraph graph, OnnxNode node) {
    return node.is("MatMul")
        ? new float[0]
        : graph.initializer(node.input(2)).map(Tensor::toFloats).orElse(new float[0]);
  }

  private static Tensor int32(int[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return Tensor.over(DType.INT32, Storage.over(bytes), values.length);
  }
}
