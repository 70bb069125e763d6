package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
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
      long kernel = op.integers("kernel_size", 2)[axis];
      long[] strides = op.integers("stride");
      long stride = strides.length == 0 ? kernel : op.integers("stride", 2)[axis];
      long pad = op.integers("padding", 2)[axis];
      long dilation = op.given("dilation") ? op.integers("dilation", 2)[axis] : 1;
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
    boolean overridden = op.given("divisor_override");
    boolean countsPadding = overridden || op.bool("count_include_pad");
    boolean enlarged = h.end() > h.pad() || w.end() > w.pad();
    Map<String, Attribute> attributes = window(h, w);
    String x = op.tensor("self");
    if (countsPadding && enlarged && !overridden) {
      x = op.emit("Pad", x, op.ints(0, 0, h.pad(), w.pad(), 0, 0, h.pad(), w.pad()));
      attributes.put("pads", Attribute.of(0, 0, h.end() - h.pad(), w.end() - w.pad()));
    } else {
      attributes.put("pads", Attribute.of(h.pad(), w.pad(), h.end(), w.end()));
      attributes.put("count_include_pad", Attribute.of(countsPadding ? 1 : 0));
    }
    String mean = op.emit("AveragePool", attributes, x);
    if (!overridden) {
      return mean;
    }
    double factor = h.kernel() * w.kernel() / (double) op.integer("divisor_override");
    return op.emit("Mul", mean, op.scalar(factor, op.output().dtype()));
  }

  /** Height and width before and after. */
  private record Adaptive(long inHeight, long inWidth, long outHeight, long outWidth) {
    static Adaptive of(Op op) {
      List<SymInt> out = op.output().shape();
      return new Adaptive(
          spatial(op, 0), spatial(op, 1), out.get(2).constant(), out.get(3).constant());
    }

    boolean isGlobal() {
      return outHeight == 1 && outWidth == 1;
    }

    boolean divides() {
      return inHeight % outHeight == 0 && inWidth % outWidth == 0;
    }

    Map<String, Attribute> dividing() {
      Attribute window = Attribute.of(inHeight / outHeight, inWidth / outWidth);
      return Map.of("kernel_shape", window, "strides", window);
    }
  }

  private static String adaptiveAverage(Op op) {
    Adaptive sizes = Adaptive.of(op);
    String x = op.tensor("self");
    if (op.shape("self").equals(op.output().shape())) {
      return x;
    }
    if (sizes.isGlobal()) {
      return op.emit("GlobalAveragePool", x);
    }
    if (sizes.divides()) {
      return op.emit("AveragePool", sizes.dividing(), x);
    }
    return Separable.separable(
        op,
        x,
        averaging(sizes.inHeight, sizes.outHeight),
        averaging(sizes.inWidth, sizes.outWidth));
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
    Adaptive sizes = Adaptive.of(op);
    return sizes.divides()
        ? List.of(adaptiveMax(op, sizes), indices(op, sizes.dividing()))
        : List.of(adaptiveMax(op, sizes));
  }

  private static String adaptiveMax(Op op, Adaptive sizes) {
    String x = op.tensor("self");
    if (sizes.isGlobal()) {
      return op.emit("GlobalMaxPool", x);
    }
    if (sizes.divides()) {
      return op.emit("MaxPool", sizes.dividing(), x);
    }
    String rows = windows(op, x, 2, sizes.inHeight, sizes.outHeight);
    return windows(op, rows, 3, sizes.inWidth, sizes.outWidth);
  }

  /** The maxima of each window along one axis, put side by side. */
  private static String windows(Op op, String x, int axis, long in, long out) {
    List<String> parts = new ArrayList<>();
    for (long i = 0; i < out; i++) {
      String window = op.slice(x, axis, i * in / out, ((i + 1) * in + out - 1) / out, 1);
      parts.add(op.reduce("ReduceMax", window, true, axis));
    }
    return op.emit("Concat", Op.axis(axis), parts);
  }
}
