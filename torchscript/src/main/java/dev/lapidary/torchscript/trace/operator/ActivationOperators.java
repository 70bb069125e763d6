package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.Map;

/** Activations that are others put together, by the formulas of {@code torch.nn.functional}. */
public final class ActivationOperators {
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);
  private static final double SELU_ALPHA = 1.6732632423543772;
  private static final double SELU_SCALE = 1.0507009873554805;

  private ActivationOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("elu", ActivationOperators::elu);
    table.put(
        "selu",
        call ->
            call.call("elu", call.self(), new Datum.Real(SELU_ALPHA), new Datum.Real(SELU_SCALE)));
    table.put("celu", ActivationOperators::celu);
    table.put("glu", ActivationOperators::gated);
    table.put(
        "log_sigmoid",
        call -> call.call("neg", call.call("softplus", call.call("neg", call.self()))));
    table.put("threshold", ActivationOperators::threshold);
    table.put("rrelu", ActivationOperators::randomized);
    table.put("hardshrink", ActivationOperators::hardShrink);
    table.put("softshrink", ActivationOperators::softShrink);
  }

  /** {@code x > 0 ? scale x : scale alpha (exp(input_scale x) - 1)}. */
  private static Datum elu(Invocation call) {
    double scale = call.real("scale");
    double inputScale = call.real("input_scale");
    if (scale == 1 && inputScale == 1) {
      return call.record(Shapes.real(call.self().dtype()), call.self().shape());
    }
    Datum positive = call.call("clamp_min", call.self(), ZERO);
    Datum negative = call.call("clamp_max", call.self(), ZERO);
    Datum less = call.call("expm1", call.call("mul", negative, new Datum.Real(inputScale)));
    Datum below = call.call("mul", less, new Datum.Real(scale * call.real("alpha")));
    return call.call("add", call.call("mul", positive, new Datum.Real(scale)), below);
  }

  private static Datum celu(Invocation call) {
    Datum inverse = new Datum.Real(1 / call.real("alpha"));
    return call.call("elu", call.self(), call.get("alpha"), ONE, inverse);
  }

  /** The first half, gated by the second one. */
  private static Datum gated(Invocation call) {
    Datum halves = call.call("chunk", call.self(), Datum.number(2), call.get("dim"));
    Datum gate = call.call("sigmoid", halves.toList().get(1));
    return call.call("mul", halves.toList().get(0), gate);
  }

  /** In inference the slope is the middle of those that training draws. */
  private static Datum randomized(Invocation call) {
    if (call.flag("training")) {
      throw Refusal.unsupported("%s in training mode: its result is random", call.operator());
    }
    Datum slope = new Datum.Real((call.real("lower") + call.real("upper")) / 2);
    return call.call("leaky_relu", call.self(), slope);
  }

  private static Datum threshold(Invocation call) {
    Datum below = call.call("le", call.self(), call.get("threshold"));
    return call.call("masked_fill", call.self(), below, call.get("value"));
  }

  private static Datum hardShrink(Invocation call) {
    Datum small = call.call("le", call.call("abs", call.self()), call.get("lambd"));
    return call.call("masked_fill", call.self(), small, ZERO);
  }

  private static Datum softShrink(Invocation call) {
    Datum width = call.get("lambd");
    Datum inner = call.call("clamp", call.self(), new Datum.Real(-call.real("lambd")), width);
    return call.call("sub", call.self(), inner);
  }
}
