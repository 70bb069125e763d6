package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elementary;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;

/** Operators that are a few others, by their definitions. */
public final class DerivedOperators {
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);

  private DerivedOperators() {}

  public static void addTo(Map<String, Operator> table) {
    of(table, "trunc", DerivedOperators::truncated);
    of(table, "frac", (call, x) -> call.call("sub", x, truncated(call, x)));
    function(table, "expm1", Math::expm1, (call, x) -> call.call("sub", call.call("exp", x), ONE));
    of(table, "exp2", (call, x) -> call.call("pow", Datum.number(2), x));
    function(
        table,
        "tan",
        Math::tan,
        (call, x) -> call.call("div", call.call("sin", x), call.call("cos", x)));
    function(table, "sinh", Math::sinh, (call, x) -> hyperbolic(call, x, "sub"));
    function(table, "cosh", Math::cosh, (call, x) -> hyperbolic(call, x, "add"));
    of(table, "erfc", (call, x) -> call.call("rsub", call.call("erf", x), ONE));
    of(table, "isnan", (call, x) -> call.call("ne", x, x));
    of(table, "sgn", (call, x) -> call.call("sign", x));
    of(table, "logit", DerivedOperators::logit);
    of(table, "hypot", DerivedOperators::hypotenuse);
    of(table, "logaddexp", DerivedOperators::sumOfExponentials);
    of(
        table,
        "logical_xor",
        (call, x) -> call.call("ne", truth(call, x), truth(call, call.get("other"))));
    of(table, "any", (call, x) -> quantified(call, "amax"));
    of(table, "all", (call, x) -> quantified(call, "amin"));
    of(
        table,
        "count_nonzero",
        (call, x) -> call.call("sum", as(call, truth(call, x), DType.INT64), dims(call)));
    of(table, "addmv", DerivedOperators::addProduct);
    for (String prefix : List.of("__", "bitwise_")) {
      String suffix = prefix.equals("__") ? "__" : "";
      of(table, prefix + "and" + suffix, (call, x) -> ofMasks(call, x, "logical_and"));
      of(table, prefix + "or" + suffix, (call, x) -> ofMasks(call, x, "logical_or"));
      of(table, prefix + "xor" + suffix, (call, x) -> ofMasks(call, x, "logical_xor"));
    }
    table.put("pairwise_distance", DerivedOperators::distance);
    table.put("hstack", DerivedOperators::besideEachOther);
    of(table, "tensor_split", DerivedOperators::sections);
  }

  private static void of(
      Map<String, Operator> table, String name, BiFunction<Invocation, Datum, Datum> operator) {
    table.put(name, call -> operator.apply(call, call.self()));
  }

  /** Of a known tensor the function itself, of another one what it is put together of. */
  private static void function(
      Map<String, Operator> table,
      String name,
      DoubleUnaryOperator function,
      BiFunction<Invocation, Datum, Datum> operator) {
    table.put(
        name,
        call ->
            ElementwiseOperators.ofKnown(call, function)
                .orElseGet(() -> operator.apply(call, call.self())));
  }

  private static Datum truncated(Invocation call, Datum x) {
    return call.call("mul", call.call("sign", x), call.call("floor", call.call("abs", x)));
  }

  private static Datum hyperbolic(Invocation call, Datum x, String operator) {
    Datum falling = call.call("exp", call.call("neg", x));
    return call.call("mul", call.call(operator, call.call("exp", x), falling), new Datum.Real(0.5));
  }

  private static Datum logit(Invocation call, Datum x) {
    Datum p = x;
    if (!call.isNone("eps")) {
      double eps = call.real("eps");
      p = call.call("clamp", x, new Datum.Real(eps), new Datum.Real(1 - eps));
    }
    return call.call("log", call.call("div", p, call.call("rsub", p, ONE)));
  }

  private static Datum hypotenuse(Invocation call, Datum x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return ArithmeticOperators.evaluated(call, dtype, Math::hypot);
    }
    Datum other = call.call("square", call.get("other"));
    return call.call("sqrt", call.call("add", call.call("square", x), other));
  }

  private static Datum sumOfExponentials(Invocation call, Datum x) {
    if (call.allKnown()) {
      DType dtype = Shapes.promote(x, call.get("other"));
      return ArithmeticOperators.evaluated(call, dtype, Elementary::logAddExp);
    }
    Datum other = call.get("other");
    Datum apart = call.call("abs", call.call("sub", x, other));
    Datum more = call.call("log1p", call.call("exp", call.call("neg", apart)));
    return call.call("add", call.call("maximum", x, other), more);
  }

  private static Datum dims(Invocation call) {
    return call.get("dim") instanceof Datum.Int one
        ? new Datum.ListOf(List.of(one))
        : call.get("dim");
  }

  private static Datum as(Invocation call, Datum x, DType dtype) {
    return call.call("to", x, Datum.number(dtype.scalarType()));
  }

  private static Datum truth(Invocation call, Datum x) {
    return ((TensorRef) x).dtype() == DType.BOOL ? x : call.call("ne", x, ZERO);
  }

  /** Whether the greatest, or the least, of the truths is one. */
  private static Datum quantified(Invocation call, String extreme) {
    Datum numbers = as(call, truth(call, call.self()), DType.FLOAT32);
    Datum dims = Datum.ints(Math.toIntExact(call.integer("dim")));
    return call.call("gt", call.call(extreme, numbers, dims, call.get("keepdim")), ZERO);
  }

  private static Datum ofMasks(Invocation call, Datum x, String operator) {
    TensorRef other = call.tensor("other");
    if (call.self().dtype() != DType.BOOL || other.dtype() != DType.BOOL) {
      throw Refusal.unsupported(
          "%s of %s and %s", call.operator(), call.self().dtype(), other.dtype());
    }
    return call.call(operator, x, other);
  }

  private static Datum addProduct(Invocation call, Datum x) {
    Datum product = call.call("mv", call.get("mat"), call.get("vec"));
    return call.call(
        "add", call.call("mul", x, call.get("beta")), call.call("mul", product, call.get("alpha")));
  }

  private static Datum distance(Invocation call) {
    Datum difference = call.call("sub", call.get("x1"), call.get("x2"));
    Datum apart = call.call("add", difference, call.get("eps"));
    return call.call(
        "linalg_vector_norm", apart, call.get("p"), Datum.ints(-1), call.get("keepdim"));
  }

  private static Datum besideEachOther(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    boolean vectors = !tensors.isEmpty() && tensors.get(0).rank() == 1;
    return call.call("cat", call.get("tensors"), vectors ? ZERO : ONE);
  }

  /** As equal as can be, the first ones greater. */
  private static Datum sections(Invocation call, Datum x) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    long size = Dims.constant(call.self().shape().get(dim));
    if (call.has("indices")) {
      return between(call, x, dim);
    }
    long sections = call.integer("sections");
    if (sections < 1) {
      throw Refusal.wrong("%s into %d parts", call.operator(), sections);
    }
    call.dispatcher().budget().length(sections);
    List<Dim> sizes =
        java.util.stream.LongStream.range(0, sections)
            .mapToObj(i -> Dim.of(size / sections + (i < size % sections ? 1 : 0)))
            .toList();
    return call.call("split_with_sizes", x, Datum.ints(sizes), Datum.number(dim));
  }

  /** From each index to the next. */
  private static Datum between(Invocation call, Datum x, int dim) {
    List<Datum> parts = new ArrayList<>();
    Datum from = ZERO;
    for (Datum to : call.get("indices").toList()) {
      parts.add(call.call("slice", x, Datum.number(dim), from, to, ONE));
      from = to;
    }
    parts.add(call.call("slice", x, Datum.number(dim), from, Datum.None.NONE, ONE));
    return new Datum.ListOf(parts);
  }
}
