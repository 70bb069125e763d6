package dev.lapidary.exporter.lower;

import dev.lapidary.models.tensor.DType;

/** Sums, products, powers: operands take the type that PyTorch's promotion gave the result. */
final class Arithmetic {
  private Arithmetic() {}

  static void addTo(Operators operators) {
    operators.single("aten::add", op -> op.emit("Add", left(op), scaledRight(op)));
    operators.single("aten::sub", op -> op.emit("Sub", left(op), scaledRight(op)));
    operators.single("aten::rsub", op -> op.emit("Sub", right(op), scaledLeft(op)));
    operators.single("aten::mul", op -> op.emit("Mul", left(op), right(op)));
    operators.single("aten::div", Arithmetic::div);
    operators.single("aten::true_divide", Arithmetic::div);
    operators.single("aten::floor_divide", op -> floor(op, op.emit("Div", left(op), right(op))));
    operators.single("aten::pow", Arithmetic::pow);
    operators.single("aten::square", op -> op.emit("Mul", left(op), left(op)));
    operators.single("aten::rsqrt", op -> op.emit("Reciprocal", op.emit("Sqrt", left(op))));
    operators.single("aten::maximum", op -> op.emit("Max", left(op), right(op)));
    operators.single("aten::minimum", op -> op.emit("Min", left(op), right(op)));
    unary(operators, "neg", "Neg");
    unary(operators, "abs", "Abs");
    unary(operators, "sqrt", "Sqrt");
    unary(operators, "exp", "Exp");
    unary(operators, "log", "Log");
    unary(operators, "erf", "Erf");
    operators.single(
        "aten::log1p",
        op -> op.emit("Log", op.emit("Add", left(op), op.scalar(1, op.output().dtype()))));
    unary(operators, "sin", "Sin");
    unary(operators, "cos", "Cos");
    unary(operators, "floor", "Floor");
    unary(operators, "ceil", "Ceil");
    unary(operators, "round", "Round");
    unary(operators, "reciprocal", "Reciprocal");
  }

  private static void unary(Operators operators, String aten, String onnx) {
    operators.single("aten::" + aten, op -> op.emit(onnx, left(op)));
  }

  private static String left(Op op) {
    return op.operand("self", op.output().dtype());
  }

  private static String right(Op op) {
    return op.operand("other", op.output().dtype());
  }

  private static String scaledRight(Op op) {
    return scaled(op, right(op));
  }

  private static String scaledLeft(Op op) {
    return scaled(op, left(op));
  }

  private static String scaled(Op op, String value) {
    double alpha = op.realOr("alpha", 1);
    return alpha == 1 ? value : op.emit("Mul", value, op.scalar(alpha, op.output().dtype()));
  }

  private static String div(Op op) {
    String quotient = op.emit("Div", left(op), right(op));
    if (!op.given("rounding_mode")) {
      return quotient;
    }
    if (op.text("rounding_mode").equals("floor")) {
      return floor(op, quotient);
    }
    if (!op.output().dtype().isFloating()) {
      return quotient; // ONNX divides integers toward zero
    }
    throw op.unsupported("with rounding_mode=trunc is not supported; floor and none are");
  }

  /** ONNX divides integers toward zero. */
  private static String floor(Op op, String quotient) {
    if (!op.output().dtype().isFloating()) {
      throw op.unsupported("rounding down of integers is not supported");
    }
    return op.emit("Floor", quotient);
  }

  private static String pow(Op op) {
    DType dtype = op.output().dtype();
    String base = op.operand("self", dtype);
    if (!op.isTensor("exponent") && op.real("exponent") == 2) {
      return op.emit("Mul", base, base);
    }
    if (!op.isTensor("exponent") && op.real("exponent") == 0.5) {
      return op.emit("Sqrt", base);
    }
    return op.emit("Pow", base, op.operand("exponent", dtype));
  }
}
