package dev.lapidary.exporter.evaluate;

import java.util.Arrays;

/**
 * Resize, an axis after the other: each row of weights says what one pixel is made of.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__Resize.html">ONNX, Resize</a>
 */
final class Resampling {
  private Resampling() {}

  static void addTo(Evaluator e) {
    e.single("Resize", Resampling::resize);
  }

  private static Grid resize(Kernel.Call call) {
    requireKnown(call);
    Grid x = call.in(0);
    boolean sized = call.has(3) && call.in(3).values().length > 0;
    for (int axis = 0; axis < call.in(0).rank(); axis++) {
      int in = x.shape()[axis];
      double scale = sized ? call.in(3).values()[axis] / in : call.in(2).values()[axis];
      int out = sized ? call.in(3).ints()[axis] : (int) Math.floor(in * scale);
      if (out != in || scale != 1) {
        call.hold(in, out);
        call.hold(x.values().length / Math.max(in, 1), out);
        call.spend(x.values().length, out);
        x = along(x, axis, weights(call, in, out, scale));
      }
    }
    return x;
  }

  private static void requireKnown(Kernel.Call call) {
    if (call.node().textOr("coordinate_transformation_mode", "").equals("tf_crop_and_resize")) {
      throw call.declined("tf_crop_and_resize is not computed here");
    }
    call.require("keep_aspect_ratio_policy", "stretch");
    if (call.node().intOr("antialias", 0) == 1 || call.node().attribute("axes").isPresent()) {
      throw call.declined("antialias and axes are not computed here");
    }
  }

  private static Grid along(Grid x, int axis, double[][] weights) {
    int[] shape = x.shape().clone();
    shape[axis] = weights.length;
    Grid y = Grid.zeros(x.dtype(), shape);
    int inner = x.stride(axis);
    for (int i = 0; i < y.values().length; i++) {
      int from = i / inner / weights.length * x.shape()[axis] * inner + i % inner;
      double[] row = weights[i / inner % weights.length];
      for (int j = 0; j < row.length; j++) {
        y.values()[i] += row[j] == 0 ? 0 : row[j] * x.values()[from + j * inner];
      }
    }
    return y;
  }

  private static double[][] weights(Kernel.Call call, int in, int out, double scale) {
    String coordinates = call.node().textOr("coordinate_transformation_mode", "half_pixel");
    double[][] rows = new double[out][in];
    for (int i = 0; i < out; i++) {
      double at =
          switch (coordinates) {
            case "align_corners" -> out == 1 ? 0 : i * (in - 1.0) / (in * scale - 1);
            case "asymmetric" -> i / scale;
            case "pytorch_half_pixel" -> out > 1 ? (i + 0.5) / scale - 0.5 : 0;
            case "half_pixel" -> (i + 0.5) / scale - 0.5;
            default -> throw call.declined(coordinates + " is not computed here");
          };
      switch (call.node().textOr("mode", "nearest")) {
        case "nearest" -> rows[i][clamped(nearest(call, at), in)] = 1;
        case "linear" -> spread(call, rows[i], at, new double[] {1 - fraction(at), fraction(at)});
        default ->
            spread(
                call,
                rows[i],
                at,
                cubic(call.node().realOr("cubic_coeff_a", -0.75f), fraction(at)));
      }
    }
    return rows;
  }

  private static int clamped(int position, int size) {
    return Math.min(Math.max(position, 0), size - 1);
  }

  static double fraction(double at) {
    return at - Math.floor(at);
  }

  private static int nearest(Kernel.Call call, double at) {
    return (int)
        switch (call.node().textOr("nearest_mode", "round_prefer_floor")) {
          case "floor" -> Math.floor(at);
          case "ceil" -> Math.ceil(at);
          case "round_prefer_ceil" -> Math.floor(at + 0.5);
          default -> Math.ceil(at - 0.5);
        };
  }

  /** Keys' kernel at the distances 1 + t, t, 1 - t, 2 - t. */
  static double[] cubic(double a, double t) {
    return new double[] {outer(a, 1 + t), inner(a, t), inner(a, 1 - t), outer(a, 2 - t)};
  }

  private static double inner(double a, double d) {
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  }

  private static double outer(double a, double d) {
    return ((d - 5) * d + 8) * d * a - 4 * a;
  }

  /** Neighbours beyond the border are the border's pixel, or count nothing if excluded. */
  private static void spread(Kernel.Call call, double[] row, double at, double[] weights) {
    boolean excludes = call.node().intOr("exclude_outside", 0) == 1;
    int first = (int) Math.floor(at) - weights.length / 2 + 1;
    for (int k = 0; k < weights.length; k++) {
      boolean inside = first + k >= 0 && first + k < row.length;
      row[clamped(first + k, row.length)] += inside || !excludes ? weights[k] : 0;
    }
    double sum = Arrays.stream(row).sum();
    for (int j = 0; excludes && j < row.length; j++) {
      row[j] /= sum;
    }
  }
}
