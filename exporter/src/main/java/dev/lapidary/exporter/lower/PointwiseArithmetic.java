package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Map;

/**
 * Pointwise Ops: arithmetic and signs. Operands take the type that PyTorch's promotion gave the
 * result.
 */
final class PointwiseArithmetic {

  private PointwiseArithmetic() {}

  static void addTo(LoweringTable table) {
    Pointwise.binary(table, "aten::add", "Add", "Or");
    table.single("aten::sub", op -> op.emit("Sub", Pointwise.left(op), Pointwise.right(op)));
    table.single("aten::rsub", op -> op.emit("Sub", Pointwise.right(op), Pointwise.left(op)));
    Pointwise.binary(table, "aten::mul", "Mul", "And");
    table.single("aten::div", PointwiseArithmetic::div);
    table.single("aten::floor_divide", PointwiseArithmetic::roundedDown);
    table.single("aten::remainder", PointwiseArithmetic::remainder);
    table.single("aten::fmod", op -> fmod(op, Pointwise.left(op), Pointwise.right(op)));
    Pointwise.unary(table, "aten::neg", "Neg");
    Pointwise.unary(table, "aten::abs", "Abs");
    Pointwise.unary(table, "aten::reciprocal", "Reciprocal");
  }

  private static String div(Op op) {
    if (!op.given("rounding_mode")) {
      return op.emit("Div", Pointwise.left(op), Pointwise.right(op));
    }
    if (op.text("rounding_mode").equals("floor")) {
      return roundedDown(op);
    }
    String quotient = op.emit("Div", Pointwise.left(op), Pointwise.right(op));
    if (!op.output().dtype().isFloating()) {
      return quotient; // ONNX divides integers toward zero
    }
    String below = op.emit("Less", quotient, op.scalar(0, op.output().dtype()));
    return op.emit("Where", below, op.emit("Ceil", quotient), op.emit("Floor", quotient));
  }

  /** As C's {@code fmod}: by the dividend's sign. */
  private static String fmod(Op op, String dividend, String divisor) {
    return op.emit("Mod", Map.of("fmod", Attribute.of(1)), dividend, divisor);
  }

  /** By the divisor's sign, as Python; ONNX has that of integers alone. */
  private static String remainder(Op op) {
    String divisor = Pointwise.right(op);
    if (!op.output().dtype().isFloating()) {
      return op.emit("Mod", Pointwise.left(op), divisor);
    }
    String fmod = fmod(op, Pointwise.left(op), divisor);
    return op.emit("Where", turns(op, fmod, divisor), op.emit("Add", fmod, divisor), fmod);
  }

  /** Where a rest has another sign than its divisor. */
  private static String turns(Op op, String fmod, String divisor) {
    String zero = op.scalar(0, op.output().dtype());
    String signs = op.emit("Xor", op.emit("Less", fmod, zero), op.emit("Less", divisor, zero));
    return op.emit("And", op.emit("Not", op.emit("Equal", fmod, zero)), signs);
  }

  /**
   * The quotient of what the rest leaves, as PyTorch ({@code c10/util/generic_math.h}): that is
   * nearly whole, where the plain quotient may have been rounded up to a whole number.
   */
  private static String roundedDown(Op op) {
    DType dtype = op.output().dtype();
    String dividend = Pointwise.left(op);
    String divisor = Pointwise.right(op);
    if (!dtype.isFloating()) {
      String fmod = op.emit("Mod", dividend, divisor);
      return op.emit("Div", op.emit("Sub", dividend, fmod), divisor);
    }
    String fmod = fmod(op, dividend, divisor);
    String less = op.cast(turns(op, fmod, divisor), DType.BOOL, dtype);
    String quotient = op.emit("Div", op.emit("Sub", dividend, fmod), divisor);
    String whole = op.emit("Round", op.emit("Sub", quotient, less));
    if (!op.isTensor("other")) {
      return whole;
    }
    String byZero = op.emit("Equal", divisor, op.scalar(0, dtype));
    return op.emit("Where", byZero, op.emit("Div", dividend, divisor), whole);
  }
}
