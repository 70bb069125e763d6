package dev.lapidary.models.trace;

import dev.lapidary.models.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What operators meant in archives of older formats ({@code
 * torch/csrc/jit/operator_upgraders/upgraders_entry.cpp}, {@code caffe2/serialize/versions.h}):
 *
 * <ul>
 *   <li>before version 4 {@code div} of integers rounded toward zero
 *   <li>before version 5 {@code full} without a {@code dtype} gave floats
 * </ul>
 *
 * <p>What changed with versions 8 to 10 concerns arguments that were not there before ({@code
 * gelu}'s {@code approximate}), and operators that no classifier has ({@code linspace}, {@code
 * logspace}).
 */
final class Upgraders {
  private static final int TRUE_DIVISION = 4;
  private static final int TYPED_FULL = 5;

  private final int version;
  private final Operators operators;

  Upgraders(int version, Operators operators) {
    this.version = version;
    this.operators = operators;
  }

  /** Calls the operator as the archive's version meant it. */
  Datum call(String operator, List<Datum> positional, Map<String, Datum> keywords) {
    boolean divides = operator.equals("aten::div") || operator.equals("aten::div_");
    if (version < TRUE_DIVISION && divides && ofIntegers(positional)) {
      Map<String, Datum> more = new HashMap<>(keywords);
      more.put("rounding_mode", new Datum.Str("trunc"));
      return operators.call(operator, positional, more);
    }
    if (version < TYPED_FULL && operator.equals("aten::full") && isUntyped(positional, keywords)) {
      List<Datum> real = new ArrayList<>(positional);
      real.set(1, new Datum.Real(Invocation.number(positional.get(1))));
      return operators.call(operator, real, keywords);
    }
    return operators.call(operator, positional, keywords);
  }

  private static boolean ofIntegers(List<Datum> operands) {
    return operands.size() == 2 && operands.stream().allMatch(Upgraders::isInteger);
  }

  private static boolean isInteger(Datum operand) {
    return operand instanceof TensorRef tensor
        ? !tensor.dtype().isFloating() && tensor.dtype() != DType.BOOL
        : operand instanceof Datum.Int;
  }

  private static boolean isUntyped(List<Datum> positional, Map<String, Datum> keywords) {
    return positional.size() == 2
        && keywords.getOrDefault("dtype", Datum.None.NONE) == Datum.None.NONE;
  }
}
