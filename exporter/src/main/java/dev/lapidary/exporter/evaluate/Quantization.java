package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import java.util.Arrays;
import java.util.List;

/** From floats to integers of eight bits and back, and their matrix product. */
final class Quantization {
  private Quantization() {}

  static void addTo(Evaluator e) {
    e.single("QuantizeLinear", Quantization::quantize);
    e.single("DequantizeLinear", Quantization::dequantize);
    e.several("DynamicQuantizeLinear", Quantization::dynamic);
    e.single("MatMulInteger", Quantization::product);
  }

  /** saturate(round(x / scale) + zero point), rounded half to even, divided in float32. */
  private static Grid quantize(Kernel.Call call) {
    Grid x = call.in(0);
    Grid scale = spread(call, call.in(1));
    DType to = call.has(2) ? call.in(2).dtype() : DType.UINT8;
    Grid steps = Elementwise.broadcast(x, scale, (a, s) -> Math.rint((float) (a / s)));
    Grid shifted =
        call.has(2) ? Elementwise.broadcast(steps, spread(call, call.in(2)), Double::sum) : steps;
    double low = to == DType.UINT8 ? 0 : -128;
    double high = to == DType.UINT8 ? 255 : 127;
    double[] values =
        Arrays.stream(shifted.values()).map(q -> Math.min(Math.max(q, low), high)).toArray();
    return new Grid(to, x.shape(), values);
  }

  private static Grid dequantize(Kernel.Call call) {
    Grid x = call.in(0);
    Grid shifted =
        call.has(2) ? Elementwise.broadcast(x, spread(call, call.in(2)), (q, zero) -> q - zero) : x;
    Grid result = Elementwise.broadcast(shifted, spread(call, call.in(1)), (q, s) -> q * s);
    return new Grid(call.in(1).dtype(), x.shape(), result.values());
  }

  /** One number an index of the axis, shaped so that it broadcasts. */
  private static Grid spread(Kernel.Call call, Grid parameter) {
    if (parameter.values().length == 1) {
      return parameter.shaped();
    }
    Grid x = call.in(0);
    if (parameter.rank() != 1) {
      throw call.declined("scales by block are not computed here");
    }
    int[] shape = new int[x.rank()];
    Arrays.fill(shape, 1);
    shape[x.axis(call.node().intOr("axis", 1))] = parameter.values().length;
    return parameter.shaped(shape);
  }

  /** To UINT8 by the range of x, which always contains 0. */
  private static List<Grid> dynamic(Kernel.Call call) {
    Grid x = call.in(0);
    double low = Math.min(0, Arrays.stream(x.values()).min().orElse(0));
    double high = Math.max(0, Arrays.stream(x.values()).max().orElse(0));
    float scale = (float) (high - low) / 255;
    double zero = Math.rint(Math.min(Math.max((float) (-low / scale), 0), 255));
    double[] values =
        Arrays.stream(x.values())
            .map(a -> Math.min(Math.max(Math.rint((float) (a / scale)) + zero, 0), 255))
            .toArray();
    return List.of(
        new Grid(DType.UINT8, x.shape(), values),
        new Grid(DType.FLOAT32, new int[0], new double[] {scale}),
        new Grid(DType.UINT8, new int[0], new double[] {zero}));
  }

  /** (A - zero of A) (B - zero of B), in INT32. */
  private static Grid product(Kernel.Call call) {
    Grid a = shifted(call, 0, 2, true);
    Grid b = shifted(call, 1, 3, false);
    Grid result = MatrixProduct.matmul(call, a, b);
    return new Grid(DType.INT32, result.shape(), result.values());
  }

  /** A zero point is one number, or one a row of A, or one a column of B. */
  private static Grid shifted(Kernel.Call call, int index, int zero, boolean byRow) {
    Grid x = call.in(index);
    if (!call.has(zero)) {
      return x;
    }
    Grid point = call.in(zero);
    int count = point.values().length;
    return Elementwise.broadcast(
        x, count > 1 && byRow ? point.shaped(count, 1) : point, (q, z) -> q - z);
  }
}
