package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.Map;

/** Pointwise Ops: powers, exponentials, logarithms and functions made of them. */
final class PointwiseExponentials {

  private PointwiseExponentials() {}

  static void addTo(Map<String, Operator> table) {
    table.put("pow", PointwiseExponentials::pow);
    Pointwise.function(table, "expm1", Math::expm1);
    Pointwise.ofTwo(table, "logaddexp", Elementary::logAddExp);
    Pointwise.toReal(table, "exp", Math::exp);
    Pointwise.toReal(table, "log", Math::log);
    Pointwise.toReal(table, "log1p", Math::log1p);
    Pointwise.toReal(table, "sqrt", Math::sqrt);
    Pointwise.toReal(table, "rsqrt", x -> 1 / Math.sqrt(x));
    table.put("erf", Pointwise::recorded);
    Pointwise.function(table, "log2", Elementary::log2);
    Pointwise.function(table, "log10", Math::log10);
    Pointwise.ofTwo(table, "logaddexp2", Elementary::logAddExp2);
  }

  private static IValue pow(Invocation call) {
    IValue base = call.get("self");
    IValue exponent = call.get("exponent");
    return call.allKnown()
        ? Pointwise.evaluated(call, base, exponent, Math::pow)
        : call.record(Shapes.promote(base, exponent), Pointwise.shape(base, exponent));
  }
}
