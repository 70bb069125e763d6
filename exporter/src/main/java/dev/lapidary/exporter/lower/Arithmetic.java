package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Map;

/** Sums, products, powers: operands take the type that PyTorch's promotion gave the result. */
final class Arithmetic {
  private Arithmetic() {}

  static void addTo(LoweringTable table) {
    table.single(
        "aten::add",
        op -> isMask(op) ? ofMasks(op, "Or") : op.emit("Add", left(op), scaledRight(op)));
    table.single("aten::sub", op -> op.emit("Sub", left(op), scaledRight(op)));
    table.single("aten::rsub", op -> op.emit("Sub", right(op), scaledLeft(op)));
    table.single(
        "aten::mul", op -> isMask(op) ? ofMasks(op, "And") : op.emit("Mul", left(op), right(op)));
    table.single("aten::div", Arithmetic::div);
    table.single("aten::true_divide", Arithmetic::div);
    table.single("aten::floor_divide", Arithmetic::roundedDown);
    table.single("aten::remainder", Arithmetic::remainder);
    table.single("aten::fmod", op -> rest(op, left(op), right(op)));
    table.single("aten::pow", Arithmetic::pow);
    table.single("aten::square", op -> op.emit("Mul", left(op), left(op)));
    table.single("aten::rsqrt", op -> op.emit("Reciprocal", op.emit("Sqrt", left(op))));
    table.single(
        "aten::maximum",
        op -> isMask(op) ? ofMasks(op, "Or") : op.emit("Max", left(op), right(op)));
    table.single(
        "aten::minimum",
        op -> isMask(op) ? ofMasks(op, "And") : op.emit("Min", left(op), right(op)));
    unary(table, "neg", "Neg");
    unary(table, "abs", "Abs");
    unary(table, "sqrt", "Sqrt");
    unary(table, "exp", "Exp");
    unary(table, "log", "Log");
    unary(table, "erf", "Erf");
    table.single(
        "aten::log1p",
        op -> op.emit("Log", op.emit("Add", left(op), op.scalar(1, op.output().dtype()))));
    unary(table, "sin", "Sin");
    unary(table, "cos", "Cos");
    unary(table, "asin", "Asin");
    unary(table, "acos", "Acos");
    unary(table, "atan", "Atan");
    unary(table, "asinh", "Asinh");
    unary(table, "acosh", "Acosh");
    unary(table, "atanh", "Atanh");
    unary(table, "floor", "Floor");
    unary(table, "ceil", "Ceil");
    unary(table, "round", "Round");
    unary(table, "reciprocal", "Reciprocal");
  }

  private static void unary(LoweringTable table, String aten, String onnx) {
    table.single("aten::" + aten, op -> op.emit(onnx, left(op)));
  }

  /** PyTorch adds and multiplies truths as its logic does, ONNX has only the logic. */
  private static boolean isMask(Op op) {
    return op.output().dtype() == DType.BOOL;
  }

  private static String ofMasks(Op op, String onnx) {
    return op.emit(onnx, left(op), right(op));
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
    if (!op.given("rounding_mode")) {
      return op.emit("Div", left(op), right(op));
    }
    if (op.text("rounding_mode").equals("floor")) {
      return roundedDown(op);
    }
    String quotient = op.emit("Div", left(op), right(op));
    if (!op.output().dtype().isFloating()) {
      return quotient; // ONNX divides integers toward zero
    }
    String below = op.emit("Less", quotient, op.scalar(0, op.output().dtype()));
    return op.emit("Where", below, op.emit("Ceil", quotient), op.emit("Floor", quotient));
  }

  /** As C's {@code fmod}: by the dividend's sign. */
  private static String rest(Op op, String dividend, String divisor) {
    return op.emit("Mod", Map.of("fmod", Attribute.of(1)), dividend, divisor);
  }

  /** By the divisor's sign, as Python; ONNX has that of integers alone. */
  private static String remainder(Op op) {
    String divisor = right(op);
    if (!op.output().dtype().isFloating()) {
      return op.emit("Mod", left(op), divisor);
    }
    String rest = rest(op, left(op), divisor);
    return op.emit("Where", turns(op, rest, divisor), op.emit("Add", rest, divisor), rest);
  }

  /** Where a rest has another sign than its divisor. */
  private static String turns(Op op, String rest, String divisor) {
    String zero = op.scalar(0, op.output().dtype());
    String signs = op.emit("Xor", op.emit("Less", rest, zero), op.emit("Less", divisor, zero));
    return op.emit("And", op.emit("Not", op.emit("Equal", rest, zero)), signs);
  }

  /**
   * The quotient of what the rest leaves, as PyTorch ({@code c10/util/generic_math.h}): that is
   * nearly whole, where the plain quotient may have been rounded up to a whole number.
   */
  private static String roundedDown(Op op) {
    DType dtype = op.output().dtype();
    String dividend = left(op);
    String divisor = right(op);
    if (!dtype.isFloating()) {
      String rest = op.emit("Mod", dividend, divisor);
      return op.emit("Div", op.emit("Sub", dividend, rest), divisor);
    }
    String rest = rest(op, dividend, divisor);
    String less = op.cast(turns(op, rest, divisor), DType.BOOL, dtype);
    String quotient = op.emit("Div", op.emit("Sub", dividend, rest), divisor);
    String whole = op.emit("Round", op.emit("Sub", quotient, less));
    if (!op.isTensor("other")) {
      return whole;
    }
    String byZero = op.emit("Equal", divisor, op.scalar(0, dtype));
    return op.emit("Where", byZero, op.emit("Div", dividend, divisor), whole);
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
