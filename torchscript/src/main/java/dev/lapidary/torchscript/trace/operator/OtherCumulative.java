package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/** Other Operations: running sums and products. */
final class OtherCumulative {

  private OtherCumulative() {}

  static void addTo(Map<String, Operator> table) {
    table.put("cumsum", call -> cumulated(call, Double::sum));
    table.put("cumprod", call -> cumulated(call, (a, b) -> a * b));
  }

  private static IValue cumulated(Invocation call, DoubleBinaryOperator step) {
    DType natural = call.self().dtype().isFloating() ? call.self().dtype() : DType.INT64;
    DType dtype = call.dtype("dtype").orElse(natural);
    if (!call.allKnown()) {
      return cumulatedLater(call, dtype);
    }
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    Tensor self = call.known("self");
    long[] shape = self.shape();
    double[] sums = self.toDoubles();
    long size = self.rank() == 0 ? 1 : shape[dim];
    long inner = 1;
    for (int d = dim + 1; d < shape.length; d++) {
      inner *= shape[d];
    }
    for (int i = 0; i < sums.length; i++) {
      if (i / inner % size != 0) {
        sums[i] = step.applyAsDouble(sums[i - (int) inner], sums[i]);
      }
    }
    return Elements.ofDoubles(call.budget(), dtype, shape, sums);
  }

  private static IValue cumulatedLater(Invocation call, DType dtype) {
    int dim = call.ownDimension("it adds up the samples of a batch");
    if (call.name().equals("cumprod")) {
      return call.decomposed(); // ONNX has no running product
    }
    return call.with("dim", IValue.number(dim)).record(dtype, call.self().shape());
  }
}
