package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Grid;
import dev.lapidary.torchscript.trace.value.TensorRef;

/**
 * A number that a quantized tensor is added to or multiplied with: where they can, its integers
 * stay and their grid moves. Source: {@code aten/src/ATen/native/quantized/cpu/BinaryOps.cpp},
 * {@code qmul.cpp}.
 */
final class QuantizedScalars {
  private static final int STEPS = 255;

  private QuantizedScalars() {}

  /** The number is rounded to the grid; a zero point beyond its end makes the grid coarser. */
  static Datum sum(Invocation call, boolean rectified) {
    Grid grid = call.tensor("qa").requireGrid();
    double steps = Math.rint(call.real("b") / grid.scale());
    double zeroPoint = grid.zeroPoint() - steps;
    double least = grid.least();
    double within = Math.max(least, Math.min(least + STEPS, zeroPoint));
    double scale = grid.scale() * (STEPS + Math.abs(zeroPoint - within)) / STEPS;
    Datum sum = call.call("add", real(call), new Datum.Real(steps * grid.scale()));
    return put(call, sum, Grid.of(scale, (long) within, grid.dtype()), rectified);
  }

  static Datum product(Invocation call, boolean rectified) {
    Grid grid = call.tensor("qa").requireGrid();
    double factor = call.real("b");
    Datum product = call.call("mul", real(call), new Datum.Real(factor));
    if (factor == 0) {
      return put(call, product, Grid.of(1, 0, grid.dtype()), rectified);
    }
    long mirrored = 2 * grid.least() + STEPS - grid.zeroPoint();
    long zeroPoint = factor > 0 ? grid.zeroPoint() : mirrored;
    double scale = Math.abs(factor) * grid.scale();
    return put(call, product, Grid.of(scale, zeroPoint, grid.dtype()), rectified);
  }

  private static TensorRef real(Invocation call) {
    return OnGrid.real(call.tensor("qa"));
  }

  private static Datum put(Invocation call, Datum real, Grid grid, boolean rectified) {
    boolean cut = rectified && !grid.startsAtZero();
    return OnGrid.put(call, (TensorRef) (cut ? call.call("relu", real) : real), grid);
  }
}
