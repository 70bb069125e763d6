package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/**
 * Non-linear activation functions. Those that are others put together follow the formulas of {@code
 * torch.nn.functional}.
 */
public final class Activations {
  private static final IValue ZERO = IValue.number(0);
  private static final IValue ONE = IValue.number(1);
  private static final double SELU_ALPHA = 1.6732632423543772;
  private static final double SELU_SCALE = 1.0507009873554805;

  private Activations() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("elu", Activations::elu);
    table.put(
        "selu",
        call ->
            call.call(
                "elu", call.self(), new IValue.Real(SELU_ALPHA), new IValue.Real(SELU_SCALE)));
    table.put("celu", Activations::celu);
    table.put("glu", Activations::glu);
    table.put(
        "log_sigmoid",
        call -> call.call("neg", call.call("softplus", call.call("neg", call.self()))));
    table.put("threshold", Activations::threshold);
    table.put("rrelu", Activations::rrelu);
    table.put("hardshrink", Activations::hardshrink);
    table.put("softshrink", Activations::softshrink);
    Pointwise.keepType(table, "relu", x -> Math.max(x, 0));
    Pointwise.keepType(table, "hardswish", x -> x * Math.min(Math.max(x + 3, 0), 6) / 6);
    Pointwise.keepType(table, "hardsigmoid", x -> Math.min(Math.max(x + 3, 0), 6) / 6);
    Pointwise.toReal(table, "sigmoid", Activations::sigmoid);
    Pointwise.toReal(table, "silu", x -> x * sigmoid(x));
    Pointwise.toReal(table, "mish", x -> x * Math.tanh(Math.log1p(Math.exp(x))));
    table.put("gelu", Pointwise::recorded);
    table.put("leaky_relu", Pointwise::recorded);
    table.put("softplus", Pointwise::recorded);
    table.put("prelu", Pointwise::recorded);
    table.put(
        "relu6", call -> call.call("hardtanh", call.self(), IValue.number(0), IValue.number(6)));
    table.put("hardtanh", call -> Pointwise.bounded(call, "min_val", "max_val"));
    table.put("softmax", Activations::softmax);
    table.put("log_softmax", Activations::softmax);
    table.put("_softmax", call -> call.call("softmax", call.get("self"), call.get("dim")));
    table.put("_log_softmax", call -> call.call("log_softmax", call.get("self"), call.get("dim")));
  }

  /** {@code x > 0 ? scale x : scale alpha (exp(input_scale x) - 1)}. */
  private static IValue elu(Invocation call) {
    double scale = call.real("scale");
    double inputScale = call.real("input_scale");
    if (scale == 1 && inputScale == 1) {
      return call.record(Shapes.real(call.self().dtype()), call.self().shape());
    }
    IValue positive = call.call("clamp_min", call.self(), ZERO);
    IValue negative = call.call("clamp_max", call.self(), ZERO);
    IValue less = call.call("expm1", call.call("mul", negative, new IValue.Real(inputScale)));
    IValue below = call.call("mul", less, new IValue.Real(scale * call.real("alpha")));
    return call.call("add", call.call("mul", positive, new IValue.Real(scale)), below);
  }

  private static IValue celu(Invocation call) {
    IValue inverse = new IValue.Real(1 / call.real("alpha"));
    return call.call("elu", call.self(), call.get("alpha"), ONE, inverse);
  }

  /** The first half, gated by the second one. */
  private static IValue glu(Invocation call) {
    IValue halves = call.call("chunk", call.self(), IValue.number(2), call.get("dim"));
    IValue gate = call.call("sigmoid", halves.toList().get(1));
    return call.call("mul", halves.toList().get(0), gate);
  }

  /** In inference the slope is the middle of those that training draws. */
  private static IValue rrelu(Invocation call) {
    if (call.flag("training")) {
      throw ProgramRefusal.unsupported(
          "%s in training mode: its result is random", call.operator());
    }
    IValue slope = new IValue.Real((call.real("lower") + call.real("upper")) / 2);
    return call.call("leaky_relu", call.self(), slope);
  }

  private static IValue threshold(Invocation call) {
    IValue below = call.call("le", call.self(), call.get("threshold"));
    return call.call("masked_fill", call.self(), below, call.get("value"));
  }

  private static IValue hardshrink(Invocation call) {
    IValue small = call.call("le", call.call("abs", call.self()), call.get("lambd"));
    return call.call("masked_fill", call.self(), small, ZERO);
  }

  private static IValue softshrink(Invocation call) {
    IValue width = call.get("lambd");
    IValue inner = call.call("clamp", call.self(), new IValue.Real(-call.real("lambd")), width);
    return call.call("sub", call.self(), inner);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static IValue softmax(Invocation given) {
    TensorRef self = given.self();
    if (given.has("dtype") && !given.isNone("dtype")) {
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
    return Elements.ofDoubles(call.dispatcher().budget(), dtype, shape, values);
  }
}
