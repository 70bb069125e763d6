package dev.lapidary.exporter.evaluate;

import java.util.function.DoubleBinaryOperator;

/**
 * GatherElements and ScatterElements: places along an axis, one for each element.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__GatherElements.html">ONNX, GatherElements</a>
 */
final class Places {
  private Places() {}

  static void addTo(Evaluator e) {
    e.single("GatherElements", Places::gather);
    e.single("ScatterElements", Places::scatter);
  }

  private static Grid gather(Kernel.Call call) {
    Grid x = call.in(0);
    Grid y = Grid.zeros(x.dtype(), call.in(1).shape());
    int[] places = places(call);
    for (int i = 0; i < places.length; i++) {
      y.values()[i] = x.values()[places[i]];
    }
    return y;
  }

  private static Grid scatter(Kernel.Call call) {
    DoubleBinaryOperator reduction =
        switch (call.node().textOr("reduction", "none")) {
          case "none" -> (old, next) -> next;
          case "add" -> Double::sum;
          case "mul" -> (old, next) -> old * next;
          case "max" -> Math::max;
          case "min" -> Math::min;
          default -> throw call.declined("an unknown reduction");
        };
    Grid x = call.in(0);
    double[] values = x.values().clone();
    int[] places = places(call);
    for (int i = 0; i < places.length; i++) {
      values[places[i]] = reduction.applyAsDouble(values[places[i]], call.in(2).values()[i]);
    }
    return new Grid(x.dtype(), x.shape(), values);
  }

  /** Where in the data each element of the indices points to. */
  private static int[] places(Kernel.Call call) {
    Grid x = call.in(0);
    Grid indices = call.in(1);
    int axis = x.axis(call.node().intOr("axis", 0));
    int[] places = indices.ints();
    for (int i = 0; i < places.length; i++) {
      int along = places[i] < 0 ? places[i] + x.shape()[axis] : places[i];
      places[i] = 0;
      for (int d = 0; d < x.rank(); d++) {
        int own = i / indices.stride(d) % indices.shape()[d];
        places[i] += (d == axis ? along : own) * x.stride(d);
      }
    }
    return places;
  }
}
