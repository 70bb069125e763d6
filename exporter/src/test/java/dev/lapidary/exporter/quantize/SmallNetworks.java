package dev.lapidary.exporter.quantize;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Small float graphs with deterministic weights, written node by node. */
final class SmallNetworks {
  static final int SIZE = 16;
  private static final int CLASSES = 7;

  private final OnnxGraph graph = new OnnxGraph("small", 17);

  private SmallNetworks() {
    graph.addInput(
        ValueInfo.of(
            "input",
            DType.FLOAT32,
            List.of(SymInt.BATCH, SymInt.of(3), SymInt.of(SIZE), SymInt.of(SIZE))));
  }

  /** conv-relu-maxpool, a residual block with a projection, global pooling, gemm. */
  static OnnxGraph residual() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu("stem.relu", net.conv("stem", "input", 3, 16, 3, 1));
    x = net.node("pool", "MaxPool", List.of(x), ints("kernel_shape", 2, 2, "strides", 2, 2));
    String y = net.relu("block.relu1", net.conv("block.conv1", x, 16, 24, 3, 1));
    y = net.conv("block.conv2", y, 24, 24, 3, 1);
    String skip = net.conv("block.down", x, 16, 24, 1, 1);
    x = net.relu("block.relu2", net.node("block.add", "Add", List.of(y, skip), Map.of()));
    return net.head(x, 24);
  }

  /** Two convolutions that both can be int8, with a Relu between them: a, b, then fc. */
  static OnnxGraph chain() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu("a.relu", net.conv("a", "input", 3, 16, 7, 1));
    x = net.relu("b.relu", net.conv("b", x, 16, 24, 3, 1));
    return net.head(x, 24);
  }

  /** MobileNet V2's kind: conv-relu6, depthwise-relu6, a linear bottleneck, conv-relu. */
  static OnnxGraph inverted() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu6("a.relu6", net.conv("a", "input", 3, 16, 7, 1));
    x = net.relu6("d.relu6", net.conv("d", x, 16, 16, 3, 16));
    x = net.conv("p", x, 16, 24, 1, 1);
    x = net.relu("q.relu", net.conv("q", x, 24, 16, 1, 1));
    return net.head(x, 16);
  }

  /** MobileNet's kind: a small stem and two depthwise separable convolutions, all with relu6. */
  static OnnxGraph separable() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu6("stem.relu6", net.conv("stem", "input", 3, 16, 3, 1));
    x = net.relu6("d1.relu6", net.conv("d1", x, 16, 16, 3, 16));
    x = net.relu6("p1.relu6", net.conv("p1", x, 16, 24, 1, 1));
    x = net.relu6("d2.relu6", net.conv("d2", x, 24, 24, 3, 24));
    x = net.relu6("p2.relu6", net.conv("p2", x, 24, 16, 1, 1));
    return net.head(x, 16);
  }

  private String relu6(String name, String x) {
    String zero = graph.addInitializer(name + ".min", Tensor.of(new float[] {0}));
    String six = graph.addInitializer(name + ".max", Tensor.of(new float[] {6}));
    return node(name, "Clip", List.of(x, zero, six), Map.of());
  }

  /** conv-hardswish, a squeeze-and-excitation gate, a depthwise convolution, clip. */
  static OnnxGraph mobile() {
    SmallNetworks net = new SmallNetworks();
    String x =
        net.node("act", "HardSwish", List.of(net.conv("stem", "input", 3, 16, 3, 1)), Map.of());
    String s = net.node("se.pool", "GlobalAveragePool", List.of(x), Map.of());
    s = net.relu("se.relu", net.conv("se.fc1", s, 16, 8, 1, 1));
    s = net.conv("se.fc2", s, 8, 16, 1, 1);
    s =
        net.node(
            "se.gate",
            "HardSigmoid",
            List.of(s),
            Map.of("alpha", Attribute.of(1 / 6.0), "beta", Attribute.of(0.5)));
    x = net.node("se.mul", "Mul", List.of(x, s), Map.of());
    x = net.conv("depthwise", x, 16, 16, 3, 16);
    String zero = net.graph.addInitializer("zero", Tensor.of(new float[] {0}));
    String six = net.graph.addInitializer("six", Tensor.of(new float[] {6}));
    x = net.node("relu6", "Clip", List.of(x, zero, six), Map.of());
    return net.head(x, 16);
  }

  /** conv-silu, a sigmoid gate. */
  static OnnxGraph efficient() {
    SmallNetworks net = new SmallNetworks();
    String x = net.silu("act1", net.conv("stem", "input", 3, 16, 3, 1));
    x = net.silu("act2", net.conv("depthwise", x, 16, 16, 3, 16));
    String s = net.node("se.pool", "GlobalAveragePool", List.of(x), Map.of());
    s = net.silu("se.act", net.conv("se.fc1", s, 16, 4, 1, 1));
    s = net.node("se.gate", "Sigmoid", List.of(net.conv("se.fc2", s, 4, 16, 1, 1)), Map.of());
    x = net.node("se.mul", "Mul", List.of(x, s), Map.of());
    return net.head(net.conv("project", x, 16, 24, 1, 1), 24);
  }

  /** Pre-activation BatchNormalization over concatenated features. */
  static OnnxGraph dense() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu("stem.relu", net.conv("stem", "input", 3, 16, 3, 1));
    String y = net.relu("norm.relu", net.batchNorm("norm", x, 16));
    y = net.conv("grow", y, 16, 8, 3, 1);
    x = net.node("cat", "Concat", List.of(x, y), Map.of("axis", Attribute.of(1)));
    x = net.relu("last.relu", net.batchNorm("last", x, 24));
    return net.head(x, 24);
  }

  /** LayerNormalization and two matrix products in a residual stream of rank 3. */
  static OnnxGraph transformer() {
    SmallNetworks net = new SmallNetworks();
    String x =
        net.node(
            "patch",
            "Conv",
            List.of("input", net.weight("patch.weight", 32, 3, 4, 4)),
            ints("kernel_shape", 4, 4, "strides", 4, 4));
    x = net.node("flat", "Reshape", List.of(x, net.longs("flat.shape", 0, 32, -1)), Map.of());
    x = net.node("tokens", "Transpose", List.of(x), ints("perm", 0, 2, 1));
    String y = net.layerNorm("norm", x, 32);
    y = net.matMulAdd("up", y, 32, 64);
    String h =
        net.node(
            "half",
            "Mul",
            List.of(y, net.graph.addInitializer("h", Tensor.of(new float[] {0.70710677f}))),
            Map.of());
    h = net.node("erf", "Erf", List.of(h), Map.of());
    h =
        net.node(
            "one",
            "Add",
            List.of(h, net.graph.addInitializer("o", Tensor.of(new float[] {1}))),
            Map.of());
    h = net.node("gelu", "Mul", List.of(y, h), Map.of());
    y = net.matMulAdd("down", h, 64, 32);
    x = net.node("stream", "Add", List.of(x, y), Map.of());
    x = net.layerNorm("norm2", x, 32);
    x =
        net.node(
            "cls", "Gather", List.of(x, net.scalar("cls.index")), Map.of("axis", Attribute.of(1)));
    return net.gemm(x, 32);
  }

  /** conv-leaky, doubled pixels, conv-softmax, a transposed convolution. */
  static OnnxGraph decoder() {
    SmallNetworks net = new SmallNetworks();
    String x = net.conv("stem", "input", 3, 16, 3, 1);
    x = net.node("leaky", "LeakyRelu", List.of(x), Map.of("alpha", Attribute.of(0.1)));
    String doubled = net.graph.addInitializer("doubled", Tensor.of(new float[] {1, 1, 2, 2}, 4));
    x = net.node("up", "Resize", List.of(x, "", doubled), Map.of("mode", Attribute.of("nearest")));
    x = net.conv("wide", x, 16, 24, 3, 1);
    x = net.node("leaky2", "LeakyRelu", List.of(x), Map.of("alpha", Attribute.of(0.1)));
    x = net.node("places", "Softmax", List.of(x), Map.of("axis", Attribute.of(1)));
    x =
        net.node(
            "back",
            "ConvTranspose",
            List.of(x, net.weight("back.weight", 24, 16, 2, 2)),
            ints("kernel_shape", 2, 2, "strides", 2, 2));
    return net.head(x, 16);
  }

  /** A convolution gives the classes, which average pooling and a mean bring down to the logits. */
  static OnnxGraph fullyConvolutional() {
    SmallNetworks net = new SmallNetworks();
    String x = net.relu("stem.relu", net.conv("stem", "input", 3, 16, 7, 1));
    net.describe(x, 16);
    x = net.node("average", "AveragePool", List.of(x), ints("kernel_shape", 2, 2, "strides", 2, 2));
    x = net.conv("classes", x, 16, CLASSES, 1, 1);
    x = net.node("pool", "GlobalAveragePool", List.of(x), Map.of());
    net.graph.add(
        new OnnxNode(
            "flat", "Flatten", List.of(x), List.of("logits"), Map.of("axis", Attribute.of(1))));
    return net.finish();
  }

  static CalibrationSet images(String name, int count) {
    CalibrationSet images = new CalibrationSet(3, SIZE, SIZE);
    int length = 3 * SIZE * SIZE;
    double[] u = Uniform.u(name, count * length);
    double[] tint = Uniform.u(name + "/tint", 3 * count);
    for (int i = 0; i < count; i++) {
      float[] image = new float[length];
      for (int k = 0; k < length; k++) {
        // A colour of its own, so that global pooling leaves something to classify.
        image[k] = (float) (u[i * length + k] + 1.5 * tint[3 * i + k / (SIZE * SIZE)]);
      }
      images.add(image);
    }
    return images;
  }

  /** Held to float32's answers to other images as their labels: random weights decide nothing. */
  static Quantized int8(OnnxGraph fp32, CalibrationSet calibration, Consumer<String> log) {
    Scoring scoring = Scoring.ofLogits(Activation.SOFTMAX);
    try (CalibrationSet guard = images("guard", 32)) {
      List<float[]> answers = Reference.of(fp32, guard, scoring).answers();
      return StaticInt8.quantize(
          fp32,
          new Int8Images(calibration, guard, argmax(answers)),
          scoring,
          limits(0.1, Target.CPU),
          false,
          log);
    }
  }

  /** Nothing forced, by the table that comes with the exporter. */
  static Limits limits(double maxDrop, Target target) {
    return new Limits(maxDrop, false, target, CostTable.shipped(target));
  }

  /** How many nodes really run on integers. */
  static int onIntegers(FusionLint lint) {
    return lint.operators().entrySet().stream()
        .filter(e -> IntegerKernels.isOne(e.getKey()))
        .mapToInt(e -> e.getValue())
        .sum();
  }

  /** The weights as the integers say them. */
  static float[] dequantized(QuantizedWeight q) {
    float[] weight = new float[q.values().length];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = q.values()[i] * q.scales()[q.channel(i)];
    }
    return weight;
  }

  static List<List<Integer>> argmax(List<float[]> answers) {
    return answers.stream().map(answer -> List.of(Argmax.of(answer))).toList();
  }

  private OnnxGraph head(String x, int features) {
    x = node("gap", "GlobalAveragePool", List.of(x), Map.of());
    x = node("flatten", "Flatten", List.of(x), Map.of("axis", Attribute.of(1)));
    return gemm(x, features);
  }

  private OnnxGraph gemm(String x, int features) {
    graph.add(
        new OnnxNode(
            "fc",
            "Gemm",
            List.of(x, weight("fc.weight", CLASSES, features), weight("fc.bias", CLASSES)),
            List.of("logits"),
            Map.of("transB", Attribute.of(1))));
    return finish();
  }

  private OnnxGraph finish() {
    graph.addOutput(
        ValueInfo.of("logits", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(CLASSES))));
    return graph;
  }

  private String conv(String name, String x, int in, int out, int kernel, int group) {
    int pad = kernel / 2;
    Map<String, Attribute> attributes =
        new java.util.TreeMap<>(ints("kernel_shape", kernel, kernel, "pads", pad, pad, pad, pad));
    attributes.put("group", Attribute.of(group));
    String w = weight(name + ".weight", out, in / group, kernel, kernel);
    return node(name, "Conv", List.of(x, w, weight(name + ".bias", out)), attributes);
  }

  private String silu(String name, String x) {
    String gate = node(name + ".sigmoid", "Sigmoid", List.of(x), Map.of());
    return node(name, "Mul", List.of(x, gate), Map.of());
  }

  private String relu(String name, String x) {
    return node(name, "Relu", List.of(x), Map.of());
  }

  private String batchNorm(String name, String x, int channels) {
    List<String> inputs = new ArrayList<>(List.of(x));
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      inputs.add(weight(name + "." + part, channels));
    }
    describe(x, channels);
    return node(name, "BatchNormalization", inputs, Map.of("epsilon", Attribute.of(1e-5)));
  }

  private void describe(String x, int channels) {
    graph.describe(
        ValueInfo.of(
            x,
            DType.FLOAT32,
            List.of(SymInt.BATCH, SymInt.of(channels), SymInt.of(SIZE), SymInt.of(SIZE))));
  }

  private String layerNorm(String name, String x, int features) {
    return node(
        name,
        "LayerNormalization",
        List.of(x, weight(name + ".weight", features), weight(name + ".bias", features)),
        Map.of("axis", Attribute.of(-1)));
  }

  private String matMulAdd(String name, String x, int in, int out) {
    x = node(name + ".matmul", "MatMul", List.of(x, weight(name + ".weight", in, out)), Map.of());
    return node(name + ".add", "Add", List.of(x, weight(name + ".bias", out)), Map.of());
  }

  private String weight(String name, long... shape) {
    return graph.addInitializer(name, Golden.fill(name, shape));
  }

  private String longs(String name, long... values) {
    return graph.addInitializer(name, Tensor.of(values, values.length));
  }

  private String scalar(String name) {
    return graph.addInitializer(name, Tensor.of(new long[] {0}));
  }

  private String node(
      String name, String op, List<String> inputs, Map<String, Attribute> attributes) {
    graph.add(new OnnxNode(name, op, inputs, List.of(name + "_out"), attributes));
    return name + "_out";
  }

  private static Map<String, Attribute> ints(Object... keysAndValues) {
    Map<String, Attribute> attributes = new java.util.TreeMap<>();
    for (int i = 0; i < keysAndValues.length; ) {
      String key = (String) keysAndValues[i++];
      List<Long> values = new ArrayList<>();
      while (i < keysAndValues.length && keysAndValues[i] instanceof Integer value) {
        values.add((long) value);
        i++;
      }
      attributes.put(key, new Attribute.Ints(values));
    }
    return attributes;
  }
}
