package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/** Other Operations: running sums and products, differences, and indices in sorted sequences. */
public final class OtherCumulative {

  private OtherCumulative() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("cumsum", call -> cumulated(call, Double::sum));
    table.put("cumprod", call -> cumulated(call, (a, b) -> a * b));
  }

  private static IValue cumulated(Invocation call, DoubleBinaryOperator step) {
    DType natural = call.self().dtype().isFloating() ? call.self().dtype() : DType.INT64;
    DType dtype = call.dtype("dtype").orElse(natural);
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    if (!call.allKnown()) {
      return cumulatedLater(call, dim, dtype);
    }
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
    return Elements.ofDoubles(call.dispatcher().budget(), dtype, shape, sums);
  }

  private static IValue cumulatedLater(Invocation call, int dim, DType dtype) {
    List<SymInt> shape = call.self().shape();
    if (shape.isEmpty() || shape.get(dim).perBatch()) {
      throw ProgramRefusal.unsupported(
          "%s along dimension %d of %s: it adds up the samples of a batch",
          call.operator(), dim, shape);
    }
    if (call.name().equals("cumprod")) {
      return call.decomposed(); // ONNX has no running product
    }
    return call.with("dim", IValue.number(dim)).record(dtype, shape);
  }
}
