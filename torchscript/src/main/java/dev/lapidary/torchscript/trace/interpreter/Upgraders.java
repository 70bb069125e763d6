package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
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
 *   <li>before version 8 {@code linspace} without {@code steps} gave 100
 * </ul>
 *
 * <p>What else changed concerns an argument that was not there before (version 10, {@code gelu}'s
 * {@code approximate}), and {@code logspace} (version 9), which is not supported.
 */
final class Upgraders {
  private static final int TRUE_DIVISION = 4;
  private static final int TYPED_FULL = 5;
  private static final int COUNTED_LINSPACE = 8;
  private static final IValue.Int USUAL_STEPS = IValue.Int.of(100);

  private final int version;
  private final Dispatcher dispatcher;

  Upgraders(int version, Dispatcher dispatcher) {
    this.version = version;
    this.dispatcher = dispatcher;
  }

  /** Calls the operator as the archive's version meant it. */
  IValue call(String operator, List<IValue> positional, Map<String, IValue> keywords) {
    boolean divides = operator.equals("aten::div") || operator.equals("aten::div_");
    if (version < TRUE_DIVISION && divides && ofIntegers(positional)) {
      Map<String, IValue> more = new HashMap<>(keywords);
      more.put("rounding_mode", new IValue.Str("trunc"));
      return dispatcher.call(operator, positional, more);
    }
    if (version < TYPED_FULL && operator.equals("aten::full") && isUntyped(positional, keywords)) {
      List<IValue> real = new ArrayList<>(positional);
      real.set(1, new IValue.Real(positional.get(1).toDouble()));
      return dispatcher.call(operator, real, keywords);
    }
    if (version < COUNTED_LINSPACE && operator.equals("aten::linspace")) {
      return linspace(positional, keywords);
    }
    return dispatcher.call(operator, positional, keywords);
  }

  private IValue linspace(List<IValue> positional, Map<String, IValue> keywords) {
    List<IValue> counted = new ArrayList<>(positional);
    Map<String, IValue> others = new HashMap<>(keywords);
    if (others.remove("steps") instanceof IValue.Int steps) {
      counted.add(steps);
    } else if (counted.size() == 2) {
      counted.add(USUAL_STEPS);
    } else if (counted.get(2) == IValue.None.NONE) {
      counted.set(2, USUAL_STEPS);
    }
    return dispatcher.call("aten::linspace", counted, others);
  }

  private static boolean ofIntegers(List<IValue> operands) {
    return operands.size() == 2 && operands.stream().allMatch(Upgraders::isInteger);
  }

  private static boolean isInteger(IValue operand) {
    return operand instanceof TensorRef tensor
        ? !tensor.dtype().isFloating()
        : operand instanceof IValue.Int;
  }

  private static boolean isUntyped(List<IValue> positional, Map<String, IValue> keywords) {
    return positional.size() == 2
        && keywords.getOrDefault("dtype", IValue.None.NONE) == IValue.None.NONE;
  }
}
