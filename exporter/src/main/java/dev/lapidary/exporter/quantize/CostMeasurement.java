package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Measures a {@link CostTable} on this machine, one thread: of chains of equal layers a short one's
 * time is taken from a long one's, so that what goes on at the ends does not count; of conversions,
 * the long chain with one layer back on floats tells. The least of many times in turn is taken,
 * which on a busy machine is nearest to a quiet one's.
 */
final class CostMeasurement {
  private static final int SHORT = 1;
  private static final int LONG = 4;

  /** Of chains that take less than a millisecond, so that other work seldom comes between. */
  private static final int ROUNDS = 150;

  /** Inputs of an output from which a pointwise convolution is integers behind floats too. */
  private static final int ENOUGH = 128;

  private CostMeasurement() {}

  /** Of a layer that gives as many channels as it takes, on maps of side x side. */
  record Shape(LayerCost.Kind kind, int channels, int side) {
    long taps() {
      return switch (kind) {
        case POINTWISE, MATRIX -> channels;
        case DEPTHWISE -> 9;
        case CONVOLUTION -> 9L * channels;
      };
    }

    long outputs() {
      return (long) channels * side * side;
    }
  }

  /** Channels and side of what is measured. */
  private static final Map<LayerCost.Kind, int[][]> SIZES =
      new EnumMap<>(
          Map.of(
              LayerCost.Kind.POINTWISE,
              new int[][] {{32, 28}, {64, 28}, {96, 14}, {192, 14}, {384, 7}, {512, 7}},
              LayerCost.Kind.DEPTHWISE,
              new int[][] {{32, 56}, {64, 28}, {144, 28}, {192, 14}, {384, 14}, {960, 7}},
              LayerCost.Kind.CONVOLUTION,
              new int[][] {{32, 28}, {64, 14}, {128, 7}, {192, 7}},
              LayerCost.Kind.MATRIX,
              new int[][] {{256, 1}, {512, 1}, {1024, 1}}));

  static CostTable measure(Consumer<String> log) {
    List<LayerCost> layers = new ArrayList<>();
    SIZES.forEach(
        (kind, sizes) ->
            Arrays.stream(sizes)
                .map(s -> measure(new Shape(kind, s[0], s[1])))
                .forEach(layers::add));
    String cpu = cpu();
    log.accept("costs: %d layers measured on %s, one thread".formatted(layers.size(), cpu));
    return new CostTable(cpu, layers);
  }

  private static LayerCost measure(Shape shape) {
    OnnxGraph few = chain(shape, SHORT);
    OnnxGraph many = chain(shape, LONG);
    Set<String> island = Set.of("layer" + LONG / 2);
    List<OnnxGraph> graphs =
        List.of(
            few, many, integers(few, Set.of()), integers(many, Set.of()), integers(many, island));
    double[] minimum = minMicros(shape, graphs);
    double floats = Math.max(0.1, (minimum[1] - minimum[0]) / (LONG - SHORT));
    double onIntegers = Math.max(0.1, (minimum[3] - minimum[2]) / (LONG - SHORT));
    double conversion = Math.max(0, minimum[4] - minimum[3] - floats + onIntegers);
    return new LayerCost(
        shape.kind(),
        shape.taps(),
        shape.outputs(),
        rounded(floats),
        rounded(onIntegers),
        rounded(conversion));
  }

  private static double rounded(double micros) {
    return Math.round(micros * 10) / 10.0;
  }

  private static double[] minMicros(Shape shape, List<OnnxGraph> graphs) {
    List<RuntimeModel> models = new ArrayList<>();
    double[] minimum = new double[graphs.size()];
    Arrays.fill(minimum, Double.POSITIVE_INFINITY);
    try {
      graphs.forEach(graph -> models.add(RuntimeModel.load(graph, 1)));
      ByteBuffer image =
          ByteBuffer.allocateDirect((int) shape.outputs() * Float.BYTES)
              .order(ByteOrder.nativeOrder());
      long[] sizes = sizes(shape);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < minimum.length; i++) {
          long start = System.nanoTime();
          models.get(i).logits(image.duplicate().order(ByteOrder.nativeOrder()), sizes);
          minimum[i] = Math.min(minimum[i], (System.nanoTime() - start) / 1e3);
        }
      }
    } finally {
      models.forEach(RuntimeModel::close);
    }
    return minimum;
  }

  private static long[] sizes(Shape shape) {
    return shape.kind() == LayerCost.Kind.MATRIX
        ? new long[] {1, shape.channels()}
        : new long[] {1, shape.channels(), shape.side(), shape.side()};
  }

  /** A first layer that can be integers whatever follows, then equal ones, each with a Relu. */
  static OnnxGraph chain(Shape shape, int count) {
    OnnxGraph graph = new OnnxGraph("chain", 17);
    boolean matrix = shape.kind() == LayerCost.Kind.MATRIX;
    List<SymInt> dims = new ArrayList<>(List.of(SymInt.BATCH, SymInt.of(shape.channels())));
    if (!matrix) {
      dims.addAll(List.of(SymInt.of(shape.side()), SymInt.of(shape.side())));
    }
    graph.addInput(ValueInfo.of("x", DType.FLOAT32, dims));
    String value = "x";
    for (int i = 0; i <= count; i++) {
      LayerCost.Kind first =
          shape.channels() < ENOUGH ? LayerCost.Kind.CONVOLUTION : LayerCost.Kind.POINTWISE;
      LayerCost.Kind kind = i > 0 || matrix ? shape.kind() : first;
      value = layer(graph, i == 0 ? "first" : "layer" + i, kind, shape.channels(), value);
    }
    graph.addOutput(ValueInfo.of(value, DType.FLOAT32, dims));
    return graph;
  }

  private static String layer(
      OnnxGraph graph, String name, LayerCost.Kind kind, int channels, String input) {
    boolean depthwise = kind == LayerCost.Kind.DEPTHWISE;
    int window = depthwise || kind == LayerCost.Kind.CONVOLUTION ? 3 : 1;
    int each = depthwise ? 1 : channels;
    boolean matrix = kind == LayerCost.Kind.MATRIX;
    long[] shape =
        matrix ? new long[] {channels, channels} : new long[] {channels, each, window, window};
    float[] weight = Uniform.tensor(name, shape).toFloats();
    for (int i = 0; i < weight.length; i++) {
      weight[i] /= each * window;
    }
    graph.setInitializer(name + ".weight", Tensor.of(weight, shape));
    graph.setInitializer(name + ".bias", Tensor.of(new float[channels], channels));
    int pad = window / 2;
    Map<String, Attribute> attributes =
        matrix
            ? Map.of()
            : Map.of(
                "kernel_shape",
                Attribute.of(window, window),
                "pads",
                Attribute.of(pad, pad, pad, pad),
                "group",
                Attribute.of(depthwise ? channels : 1));
    List<String> inputs = List.of(input, name + ".weight", name + ".bias");
    List<String> outputs = List.of(name + "_out");
    graph.add(new OnnxNode(name, matrix ? "Gemm" : "Conv", inputs, outputs, attributes));
    graph.add(new OnnxNode(name + ".relu", "Relu", outputs, List.of(name + ".relu_out"), Map.of()));
    return name + ".relu_out";
  }

  /** With some of a chain's layers on floats. */
  static OnnxGraph integers(OnnxGraph graph, Set<String> kept) {
    Int8Plan plan = Int8Plan.of(graph, kept);
    Map<String, QuantParams> params = new HashMap<>();
    for (String value : plan.quantizedValues()) {
      params.put(value, QuantParams.of(new Range(0, 1), QuantType.U8));
    }
    WeightRounding nearest = WeightRounding.nearest(PairSums.IN_32_BITS);
    return new InsertQdq(graph, plan, params, Map.of(), nearest).write();
  }

  /** The architecture, and what the processor has for integers, where Linux tells. */
  private static String cpu() {
    String architecture = System.getProperty("os.arch", "unknown").toLowerCase(Locale.ROOT);
    architecture = architecture.equals("amd64") ? "x86_64" : architecture;
    String flags = "";
    try {
      flags = Files.readString(Path.of("/proc/cpuinfo"));
    } catch (IOException e) {
      return architecture; // no Linux
    }
    return flags.contains("vnni") ? architecture + " vnni" : architecture;
  }
}
