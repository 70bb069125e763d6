package dev.lapidary.exporter.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** BatchNormalization of inference, InstanceNormalization, LayerNormalization. */
final class Normalization {
  private static final float USUAL_EPSILON = 1e-5f;

  private Normalization() {}

  static void addTo(Evaluator e) {
    e.single("BatchNormalization", Normalization::batch);
    e.single("InstanceNormalization", Normalization::instance);
    e.several("LayerNormalization", Normalization::layer);
  }

  /** x: [N,C,...]; scale, bias, mean, variance: [C]. */
  private static Grid batch(Kernel.Call call) {
    if (call.node().intOr("training_mode", 0) == 1) {
      throw call.declined("training_mode is not computed here");
    }
    Grid x = call.in(0);
    float epsilon = call.node().realOr("epsilon", USUAL_EPSILON);
    int pixels = x.stride(1);
    Grid y = Grid.zeros(x.dtype(), x.shape());
    for (int i = 0; i < y.values().length; i++) {
      int c = i / pixels % x.shape()[1];
      double deviation = Math.sqrt(call.in(4).values()[c] + epsilon);
      double centred = x.values()[i] - call.in(3).values()[c];
      y.values()[i] = centred / deviation * call.in(1).values()[c] + call.in(2).values()[c];
    }
    return y;
  }

  /** x: [N,C,...], each image of each channel by itself; scale, bias: [C]. */
  private static Grid instance(Kernel.Call call) {
    Grid x = call.in(0);
    Grid y = normalized(x, 2, call.node().realOr("epsilon", USUAL_EPSILON)).get(0);
    for (int i = 0; i < y.values().length; i++) {
      int c = i / x.stride(1) % x.shape()[1];
      y.values()[i] = y.values()[i] * call.in(1).values()[c] + call.in(2).values()[c];
    }
    return y;
  }

  private static List<Grid> layer(Kernel.Call call) {
    Grid x = call.in(0);
    int axis = x.axis(call.node().intOr("axis", -1));
    List<Grid> parts = normalized(x, axis, call.node().realOr("epsilon", USUAL_EPSILON));
    Grid y = Elementwise.broadcast(parts.get(0), call.in(1), (a, scale) -> a * scale);
    return List.of(
        call.has(2) ? Elementwise.broadcast(y, call.in(2), Double::sum) : y,
        parts.get(1),
        parts.get(2));
  }

  /** Over the axes from one on: the result, the means, one over the deviations. */
  private static List<Grid> normalized(Grid x, int axis, double epsilon) {
    int[] axes = IntStream.range(axis, x.rank()).toArray();
    Grid mean = Reduction.reduced(x, axes, true, row -> Arrays.stream(row).average().orElse(0));
    Grid centred = Elementwise.broadcast(x, mean, (a, m) -> a - m);
    Grid inverse =
        Reduction.reduced(
            centred,
            axes,
            true,
            row -> 1 / Math.sqrt(Arrays.stream(row).map(a -> a * a).average().orElse(0) + epsilon));
    return List.of(Elementwise.broadcast(centred, inverse, (a, i) -> a * i), mean, inverse);
  }
}
