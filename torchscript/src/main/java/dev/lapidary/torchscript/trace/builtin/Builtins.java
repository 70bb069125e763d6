package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Operators that work on numbers, strings, lists and a tensor's description, and so never get into
 * a graph. Many share their names with operators on tensors.
 */
public final class Builtins {
  private static final String UNSUPPORTED = "builtins.NotImplementedError";

  private final Budget budget;
  private final boolean own;

  /**
   * @param own whether the program is the tracer's own text, whose exceptions are for the user
   */
  public Builtins(Budget budget, boolean own) {
    this.budget = budget;
    this.own = own;
  }

  /** The value; null if the operator, called with these arguments, is one on tensors. */
  public @Nullable IValue call(
      String operator, List<IValue> arguments, Map<String, IValue> keywords) {
    String name = operator.substring(operator.indexOf("::") + 2);
    if (operator.startsWith("prim::")) {
      return prim(name, arguments);
    }
    if (operator.startsWith("profiler::")) {
      return IValue.None.NONE; // record_function says where time goes
    }
    if (!operator.startsWith("aten::")) {
      return null;
    }
    IValue value = environment(name);
    if (value == null && !arguments.isEmpty()) {
      value = identity(name, arguments);
    }
    if (value == null && !arguments.isEmpty()) {
      value = TensorBuiltins.call(name, arguments);
    }
    if (value == null) {
      value = ListBuiltins.call(name, arguments, budget);
    }
    if (value == null) {
      value = TextBuiltins.call(name, arguments, budget);
    }
    return value == null ? NumberBuiltins.call(name, arguments) : value;
  }

  /** What the program asks of its surroundings: it infers, scripted, without gradients. */
  private static @Nullable IValue environment(String name) {
    return switch (name) {
      case "warn", "set_grad_enabled", "manual_seed" -> IValue.None.NONE;
      case "is_grad_enabled", "is_autocast_enabled", "is_tracing" -> new IValue.Bool(false);
      case "is_scripting" -> new IValue.Bool(true);
      default -> null;
    };
  }

  private static @Nullable IValue identity(String name, List<IValue> arguments) {
    return switch (name) {
      case "__is__" -> new IValue.Bool(same(arguments.get(0), arguments.get(1)));
      case "__isnot__" -> new IValue.Bool(!same(arguments.get(0), arguments.get(1)));
      case "__not__" -> new IValue.Bool(!Scalars.truth(arguments.get(0)));
      case "Int", "IntImplicit" -> Scalars.integer(arguments.get(0));
      case "Float", "FloatImplicit" -> Scalars.real(arguments.get(0));
      case "Bool" -> new IValue.Bool(Scalars.truth(arguments.get(0)));
      case "_unwrap_optional" -> unwrapped(arguments.get(0));
      case "Size" -> new IValue.ListOf(arguments.get(0).toList());
      case "wait" -> arguments.get(0); // fork() has run what it was given
      default -> null;
    };
  }

  private static boolean same(IValue a, IValue b) {
    return a == b || (a instanceof IValue.Plain && ListBuiltins.equal(a, b));
  }

  private static IValue unwrapped(IValue value) {
    if (value == IValue.None.NONE) {
      throw ProgramRefusal.wrong("None where a value is needed");
    }
    return value;
  }

  private @Nullable IValue prim(String name, List<IValue> arguments) {
    if (name.equals("RaiseException")) {
      throw raised(arguments);
    }
    if (arguments.isEmpty()) {
      return null;
    }
    IValue first = arguments.get(0);
    return switch (name) {
      case "NumToTensor" -> Scalars.ofNumber(first);
      case "unchecked_unwrap_optional" -> unwrapped(first);
      case "unchecked_cast", "data" -> first;
      case "min", "max", "abs" -> call("aten::" + name, arguments, Map.of());
      case "TupleUnpack", "TupleIndex" -> Subscripts.item(first, arguments.get(1));
      default -> property(name, first);
    };
  }

  private static @Nullable IValue property(String name, IValue object) {
    if (object instanceof IValue.Device device) {
      return device.property(name);
    }
    return object instanceof TensorRef tensor ? TensorBuiltins.property(name, tensor) : null;
  }

  private ProgramRefusal raised(List<IValue> arguments) {
    String message = arguments.isEmpty() ? "" : Texts.shown(arguments.get(0));
    String type = arguments.size() > 1 ? Texts.shown(arguments.get(1)) : "an exception";
    if (own) {
      return type.equals(UNSUPPORTED)
          ? ProgramRefusal.unsupported("%s", message)
          : ProgramRefusal.wrong("%s", message);
    }
    return ProgramRefusal.wrong(
        "the program raises %s: %s", type.replace("builtins.", ""), message);
  }
}
