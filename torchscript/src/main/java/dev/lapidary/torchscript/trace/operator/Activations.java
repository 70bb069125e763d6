package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/**
 * Non-linear activation functions. Those that are others put together follow the formulas of {@code
 * torch.nn.functional}.
 */
final class Activations {

  private Activations() {}

  static void addTo(Map<String, Operator> table) {
    table.put("elu", Activations::elu);
    Pointwise.keepType(table, "relu", x -> Math.max(x, 0));
    Pointwise.keepType(table, "hardswish", x -> x * Math.min(Math.max(x + 3, 0), 6) / 6);
    Pointwise.keepType(table, "hardsigmoid", x -> Math.min(Math.max(x + 3, 0), 6) / 6);
    Pointwise.toReal(table, "sigmoid", Activations::sigmoid);
    Pointwise.toReal(table, "silu", x -> x * sigmoid(x));
    Pointwise.toReal(table, "mish", x -> x * Math.tanh(Math.log1p(Math.exp(x))));
    table.put("gelu", Pointwise::recorded);
    table.put("leaky_relu", Pointwise::recorded);
    table.put("softplus", Pointwise::recorded);
    table.put("prelu", Activations::prelu);
    table.put("hardtanh", call -> Pointwise.bounded(call, "min_val", "max_val"));
    table.put("softmax", Activations::softmax);
    table.put("log_softmax", Activations::softmax);
  }

  private static IValue prelu(Invocation call) {
    SymInt channels = call.self().rank() < 2 ? SymInt.of(1) : PerChannel.channels(call);
    PerChannel.requireOrOne(call, channels, "weight");
    return Pointwise.recorded(call);
  }

  /** {@code x > 0 ? scale x : scale alpha (exp(input_scale x) - 1)}. */
  private static IValue elu(Invocation call) {
    return call.real("scale") == 1 && call.real("input_scale") == 1
        ? call.record(Shapes.real(call.self().dtype()), call.self().shape())
        : call.decomposed();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static IValue softmax(Invocation given) {
    TensorRef self = given.self();
    if (given.gives("dtype")) {
      IValue converted = given.call("to", self, given.get("dtype"));
      return given.call(given.name(), converted, given.get("dim"));
    }
    int dim = Shapes.dimension(given.integer("dim"), self.rank());
    if (given.allKnown()) {
      return softmaxOf(given, self.tensor("softmax"), dim);
    }
    return given.with("dim", IValue.number(dim)).record(self.dtype(), self.shape());
  }

  private static IValue softmaxOf(Invocation call, Tensor tensor, int dim) {
    double[] values = tensor.toDoubles();
    long[] shape = tensor.shape();
    int size = (int) (shape.length == 0 ? 1 : shape[dim]);
    int inner = 1;
    for (int d = dim + 1; d < shape.length; d++) {
      inner *= (int) shape[d];
    }
    boolean log = call.name().equals("log_softmax");
    for (int start = 0; start < values.length; start++) {
      if (start / inner % size != 0) {
        continue;
      }
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < size; i++) {
        max = Math.max(max, values[start + i * inner]);
      }
      double sum = 0;
      for (int i = 0; i < size; i++) {
        sum += Math.exp(values[start + i * inner] - max);
      }
      for (int i = 0; i < size; i++) {
        double shifted = values[start + i * inner] - max;
        values[start + i * inner] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
      }
    }
    DType dtype = tensor.dtype();
    return Elements.ofDoubles(call.budget(), dtype, shape, values);
  }
}
