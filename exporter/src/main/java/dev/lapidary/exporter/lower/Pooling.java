package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pooling functions of sequences and images. Of {@code [N,C,H,W]}. PyTorch's ceil mode is written
 * as explicit end pads: ONNX's own attribute differs in the last window. Adaptive pooling whose
 * sizes do not divide is two constant matrices.
 */
final class Pooling {

  private Pooling() {}

  static void addTo(LoweringTable table) {
    table.single("aten::max_pool2d", Pooling::maxPool);
    table.single("aten::avg_pool2d", Pooling::averagePool);
    table.single("aten::adaptive_avg_pool2d", Pooling::adaptiveAverage);
    table.several("aten::max_pool2d_with_indices", Pooling::maxPoolWithIndices);
    table.several("aten::adaptive_max_pool2d", Pooling::adaptiveMaxWithIndices);
  }

  /** One spatial axis of a sliding window; {@code end} is what the last window reaches beyond. */
  private record Window(long in, long kernel, long stride, long pad, long dilation, long end) {
    static Window of(Op op, int axis) {
      long in = spatial(op, axis);
      long kernel = op.pair("kernel_size")[axis];
      long[] strides = op.integers("stride");
      long stride = strides.length == 0 ? kernel : op.pair("stride")[axis];
      long pad = op.pair("padding")[axis];
      long dilation = op.given("dilation") ? op.pair("dilation")[axis] : 1;
      long span = dilation * (kernel - 1) + 1;
      long free = in + 2 * pad - span;
      long out = free / stride + 1;
      if (op.bool("ceil_mode")) {
        out = (free + stride - 1) / stride + 1;
        // The last window must start inside the image or its left padding.
        out = (out - 1) * stride >= in + pad ? out - 1 : out;
      }
      long end = Math.max(pad, (out - 1) * stride + span - in - pad);
      return new Window(in, kernel, stride, pad, dilation, end);
    }
  }

  private static long spatial(Op op, int axis) {
    if (op.rank("self") != 4) {
      throw op.unsupported("without a batch dimension is not supported; give a batch of images");
    }
    return op.shape("self").get(axis + 2).constant();
  }

  private static Map<String, Attribute> window(Window h, Window w) {
    Map<String, Attribute> attributes = new TreeMap<>();
    attributes.put("kernel_shape", Attribute.of(h.kernel(), w.kernel()));
    attributes.put("strides", Attribute.of(h.stride(), w.stride()));
    return attributes;
  }

  private static String maxPool(Op op) {
    return op.emit("MaxPool", maxWindows(op), op.tensor("self"));
  }

  private static Map<String, Attribute> maxWindows(Op op) {
    Window h = Window.of(op, 0);
    Window w = Window.of(op, 1);
    Map<String, Attribute> attributes = window(h, w);
    attributes.put("pads", Attribute.of(h.pad(), w.pad(), h.end(), w.end()));
    attributes.put("dilations", Attribute.of(h.dilation(), w.dilation()));
    return attributes;
  }

  private static List<String> maxPoolWithIndices(Op op) {
    return List.of(maxPool(op), indices(op, maxWindows(op)));
  }

  /**
   * Where the maxima are in their plane: ONNX counts through the whole tensor. By a node of its
   * own, which is gone where only the maxima are used.
   */
  private static String indices(Op op, Map<String, Attribute> windows) {
    List<String> both = op.several("MaxPool", 2, windows, List.of(op.tensor("self")));
    long plane = spatial(op, 0) * spatial(op, 1);
    return op.emit("Mod", both.get(1), op.scalar((double) plane, DType.INT64));
  }

  /**
   * What PyTorch divides by: the padded pixels count if asked, those that only ceil mode adds never
   * do. So counted padding becomes real zeros where ceil mode adds more.
   */
  private static String averagePool(Op op) {
    Window h = Window.of(op, 0);
    Window w = Window.of(op, 1);
    boolean countsPadding = op.bool("count_include_pad");
    boolean enlarged = h.end() > h.pad() || w.end() > w.pad();
    Map<String, Attribute> attributes = window(h, w);
    String x = op.tensor("self");
    if (op.given("divisor_override")) {
      attributes.put("pads", Attribute.of(h.pad(), w.pad(), h.end(), w.end()));
      attributes.put("count_include_pad", Attribute.of(1));
      double factor = h.kernel() * w.kernel() / (double) op.integer("divisor_override");
      String mean = op.emit("AveragePool", attributes, x);
      return op.emit("Mul", mean, op.scalar(factor, op.output().dtype()));
    }
    if (countsPadding && enlarged) {
      String padded = op.emit("Pad", x, op.ints(0, 0, h.pad(), w.pad(), 0, 0, h.pad(), w.pad()));
      attributes.put("pads", Attribute.of(0, 0, h.end() - h.pad(), w.end() - w.pad()));
      return op.emit("AveragePool", attributes, padded);
    }
    attributes.put("pads", Attribute.of(h.pad(), w.pad(), h.end(), w.end()));
    attributes.put("count_include_pad", Attribute.of(countsPadding ? 1 : 0));
    return op.emit("AveragePool", attributes, x);
  }

  private static String adaptiveAverage(Op op) {
    long[] in = {spatial(op, 0), spatial(op, 1)};
    long[] out = {outputSize(op, 0), outputSize(op, 1)};
    String x = op.tensor("self");
    if (out[0] == in[0] && out[1] == in[1]) {
      return x;
    }
    if (out[0] == 1 && out[1] == 1) {
      return op.emit("GlobalAveragePool", x);
    }
    if (in[0] % out[0] == 0 && in[1] % out[1] == 0) {
      return op.emit("AveragePool", dividing(in, out), x);
    }
    return Separable.separable(op, x, averaging(in[0], out[0]), averaging(in[1], out[1]));
  }

  private static long outputSize(Op op, int axis) {
    return op.output().shape().get(axis + 2).constant();
  }

  private static Map<String, Attribute> dividing(long[] in, long[] out) {
    Attribute window = Attribute.of(in[0] / out[0], in[1] / out[1]);
    return Map.of("kernel_shape", window, "strides", window);
  }

  /** Rows of means: row i averages floor(i*in/out) to ceil((i+1)*in/out). */
  private static double[][] averaging(long in, long out) {
    double[][] rows = new double[(int) out][(int) in];
    for (int i = 0; i < out; i++) {
      int start = (int) (i * in / out);
      int end = (int) (((i + 1) * in + out - 1) / out);
      for (int j = start; j < end; j++) {
        rows[i][j] = 1.0 / (end - start);
      }
    }
    return rows;
  }

  private static List<String> adaptiveMaxWithIndices(Op op) {
    long[] in = {spatial(op, 0), spatial(op, 1)};
    long[] out = {outputSize(op, 0), outputSize(op, 1)};
    boolean divides = in[0] % out[0] == 0 && in[1] % out[1] == 0;
    return divides
        ? List.of(adaptiveMax(op), indices(op, dividing(in, out)))
        : List.of(adaptiveMax(op));
  }

  private static String adaptiveMax(Op op) {
    long[] in = {spatial(op, 0), spatial(op, 1)};
    long[] out = {outputSize(op, 0), outputSize(op, 1)};
    String x = op.tensor("self");
    if (out[0] == 1 && out[1] == 1) {
      return op.emit("GlobalMaxPool", x);
    }
    if (in[0] % out[0] == 0 && in[1] % out[1] == 0) {
      return op.emit("MaxPool", dividing(in, out), x);
    }
    return windows(op, windows(op, x, 2, in[0], out[0]), 3, in[1], out[1]);
  }

  /** The maxima of each window along one axis, put side by side. */
  private static String windows(Op op, String x, int axis, long in, long out) {
    List<String> parts = new ArrayList<>();
    for (long i = 0; i < out; i++) {
      String window = op.slice(x, axis, i * in / out, ((i + 1) * in + out - 1) / out, 1);
      parts.add(op.reduce("ReduceMax", window, true, axis));
    }
    return op.emit("Concat", Map.of("axis", Attribute.of((long) axis)), parts);
  }
}
