package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
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
  private final Budget budget;

  public Builtins(Budget budget) {
    this.budget = budget;
  }

  /** The value; null if the operator, called with these arguments, is one on tensors. */
  public @Nullable Datum call(String operator, List<Datum> arguments, Map<String, Datum> keywords) {
    String name = operator.substring(operator.indexOf("::") + 2);
    if (operator.startsWith("prim::")) {
      return prim(name, arguments);
    }
    if (operator.startsWith("profiler::")) {
      return Datum.None.NONE; // record_function says where time goes
    }
    if (!operator.startsWith("aten::")) {
      return null;
    }
    Datum value = environment(name);
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
  private static @Nullable Datum environment(String name) {
    return switch (name) {
      case "warn", "set_grad_enabled", "manual_seed" -> Datum.None.NONE;
      case "is_grad_enabled", "is_autocast_enabled", "is_tracing" -> new Datum.Bool(false);
      case "is_scripting" -> new Datum.Bool(true);
      default -> null;
    };
  }

  private static @Nullable Datum identity(String name, List<Datum> arguments) {
    return switch (name) {
      case "__is__" -> new Datum.Bool(same(arguments.get(0), arguments.get(1)));
      case "__isnot__" -> new Datum.Bool(!same(arguments.get(0), arguments.get(1)));
      case "__not__" -> new Datum.Bool(!Scalars.truth(arguments.get(0)));
      case "Int" -> Scalars.integer(arguments.get(0));
      case "Float" -> Scalars.real(arguments.get(0));
      case "Bool" -> new Datum.Bool(Scalars.truth(arguments.get(0)));
      case "IntImplicit" -> Scalars.integer(arguments.get(0));
      case "FloatImplicit" -> Scalars.real(arguments.get(0));
      case "_unwrap_optional" -> unwrapped(arguments.get(0));
      case "Size" -> new Datum.ListOf(arguments.get(0).toList());
      case "wait" -> arguments.get(0); // fork() has run what it was given
      default -> null;
    };
  }

  private static boolean same(Datum a, Datum b) {
    return a == b || (a instanceof Datum.Plain && ListBuiltins.equal(a, b));
  }

  private static Datum unwrapped(Datum value) {
    if (value == Datum.None.NONE) {
      throw Refusal.wrong("None where a value is needed");
    }
    return value;
  }

  private @Nullable Datum prim(String name, List<Datum> arguments) {
    if (name.equals("RaiseException")) {
      throw raised(arguments);
    }
    if (arguments.isEmpty()) {
      return null;
    }
    Datum first = arguments.get(0);
    return switch (name) {
      case "NumToTensor" -> Scalars.ofNumber(first);
      case "unchecked_unwrap_optional" -> unwrapped(first);
      case "unchecked_cast", "data" -> first;
      case "min", "max", "abs" -> call("aten::" + name, arguments, Map.of());
      case "TupleUnpack", "TupleIndex" -> ListBuiltins.item(first, arguments.get(1));
      default -> property(name, first);
    };
  }

  private static @Nullable Datum property(String name, Datum object) {
    if (object instanceof Datum.Device device) {
      return device.property(name);
    }
    return object instanceof TensorRef tensor ? TensorBuiltins.property(name, tensor) : null;
  }

  private static Refusal raised(List<Datum> arguments) {
    String message = arguments.isEmpty() ? "" : Texts.shown(arguments.get(0));
    String type = arguments.size() > 1 ? Texts.shown(arguments.get(1)) : "an exception";
    return Refusal.wrong("the program raises %s: %s", type.replace("builtins.", ""), message);
  }
}
