package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;

/**
 * Vision functions: interpolation. Resize. With antialias, which Resize has from opset 18 only, the
 * filter is written out as two constant matrices: sizes are known, and so every opset gives the
 * same.
 */
final class VisionInterpolation {

  private VisionInterpolation() {}

  static void addTo(LoweringTable table) {
    table.single("aten::upsample_nearest2d", op -> nearest(op, "asymmetric", "floor"));
    table.single(
        "aten::_upsample_nearest_exact2d", op -> nearest(op, "half_pixel", "round_prefer_ceil"));
    table.single("aten::upsample_bilinear2d", op -> interpolated(op, "linear"));
    table.single("aten::upsample_bicubic2d", op -> interpolated(op, "cubic"));
    table.single("aten::_upsample_bilinear2d_aa", op -> antialiased(op, Filter.TRIANGLE));
    table.single("aten::_upsample_bicubic2d_aa", op -> antialiased(op, Filter.CUBIC));
  }

  /** What {@code aten/src/ATen/native/cpu/UpSampleKernel.cpp} samples with. */
  private record Filter(double radius, DoubleUnaryOperator at) {
    static final Filter TRIANGLE = new Filter(1, x -> Math.max(0, 1 - Math.abs(x)));
    static final Filter CUBIC = new Filter(2, Filter::cubic);

    /** Keys' cubic with a = -0.5, as Pillow; without antialias PyTorch takes a = -0.75. */
    private static double cubic(double x) {
      double d = Math.abs(x);
      if (d < 1) {
        return (1.5 * d - 2.5) * d * d + 1;
      }
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    }
  }

  /** How a schema calls the images. */
  private static String images(Op op) {
    return op.has("input") ? "input" : "self";
  }

  private static String nearest(Op op, String coordinates, String rounding) {
    return resize(
        op,
        Map.of(
            "mode", Attribute.of("nearest"),
            "coordinate_transformation_mode", Attribute.of(coordinates),
            "nearest_mode", Attribute.of(rounding)));
  }

  private static String interpolated(Op op, String mode) {
    Map<String, Attribute> attributes = new TreeMap<>();
    attributes.put("mode", Attribute.of(mode));
    attributes.put(
        "coordinate_transformation_mode",
        Attribute.of(op.bool("align_corners") ? "align_corners" : "half_pixel"));
    if (mode.equals("cubic")) {
      attributes.put("cubic_coeff_a", Attribute.of(-0.75));
    }
    return resize(op, attributes);
  }

  /** By the scales that the program gave, else by the sizes: the two sample different points. */
  private static String resize(Op op, Map<String, Attribute> attributes) {
    List<Double> scales = scales(op);
    String x = op.tensor(images(op));
    if (scales.isEmpty()) {
      return op.emit("Resize", attributes, x, "", "", op.shapeVector(op.output().shape()));
    }
    float[] all = {1, 1, scales.get(0).floatValue(), scales.get(1).floatValue()};
    return op.emit("Resize", attributes, x, "", op.constant("scales", Tensor.of(all, 4)));
  }

  private static List<Double> scales(Op op) {
    List<Double> scales = new ArrayList<>();
    if (op.given("scale_factors")) {
      op.items("scale_factors").forEach(item -> scales.add(op.real(item, "scale_factors")));
    } else if (op.given("scales_h") && op.given("scales_w")) {
      scales.add(op.real("scales_h"));
      scales.add(op.real("scales_w"));
    }
    return scales;
  }

  private static String antialiased(Op op, Filter filter) {
    List<SymInt> in = op.shape(images(op));
    List<SymInt> out = op.output().shape();
    boolean aligned = op.bool("align_corners");
    List<Double> scales = scales(op);
    double[][][] matrices = new double[2][][];
    for (int axis = 0; axis < 2; axis++) {
      long from = in.get(axis + 2).constant();
      long to = out.get(axis + 2).constant();
      double step = from / (double) to;
      if (aligned) {
        step = to > 1 ? (from - 1.0) / (to - 1) : 0;
      } else if (!scales.isEmpty()) {
        step = 1 / scales.get(axis);
      }
      matrices[axis] = weights(filter, from, to, step);
    }
    return Separable.separable(op, op.tensor(images(op)), matrices[0], matrices[1]);
  }

  /** Row i: the filter around i's centre, as wide as the reduction, its sum 1. */
  private static double[][] weights(Filter filter, long in, long out, double scale) {
    double width = Math.max(scale, 1);
    double support = filter.radius() * width;
    double[][] rows = new double[(int) out][(int) in];
    for (int i = 0; i < out; i++) {
      double centre = scale * (i + 0.5);
      int first = (int) Math.max(centre - support + 0.5, 0);
      int end = (int) Math.min(centre + support + 0.5, (double) in);
      double sum = 0;
      for (int j = first; j < end; j++) {
        rows[i][j] = filter.at().applyAsDouble((j - centre + 0.5) / width);
        sum += rows[i][j];
      }
      for (int j = first; j < end; j++) {
        rows[i][j] /= sum;
      }
    }
    return rows;
  }
}
