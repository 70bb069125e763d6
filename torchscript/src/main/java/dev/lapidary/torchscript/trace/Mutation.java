package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.Tensor;

/** Writing into a tensor: what an in-place operator does with the functional one's result. */
final class Mutation {
  private Mutation() {}

  static void write(TensorRef into, TensorRef result, String operator, Operators operators) {
    if (into == result) {
      return;
    }
    if (into.content() instanceof Content.Known target
        && result.content() instanceof Content.Known source) {
      Tensor from = source.tensor();
      Tensor held = target.over(target.cell().writable(operators.budget()));
      Elements.write(held, from);
      return;
    }
    OnGrid.requireSame(into, result, operator);
    TensorRef fitted = result;
    if (!fitted.shape().equals(into.shape())) {
      fitted =
          (TensorRef)
              operators.call(
                  "aten::expand",
                  java.util.List.of(fitted, Shapes.list(into.shape())),
                  java.util.Map.of());
    }
    if (fitted.dtype() != into.dtype()) {
      fitted =
          (TensorRef)
              operators.call(
                  "aten::to",
                  java.util.List.of(fitted, Builtins.number(into.dtype().scalarType())),
                  java.util.Map.of());
    }
    into.replace(fitted.content(), operator);
  }
}
