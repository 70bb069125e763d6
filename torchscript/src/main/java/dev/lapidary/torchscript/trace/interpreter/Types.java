package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;

/** {@code isinstance(x, T)}: whether a value has a type of the text. */
final class Types {
  private Types() {}

  private static final int DEEPEST = 8;

  static boolean isInstance(IValue value, Expression type) {
    if (depth(type) > DEEPEST) {
      throw ProgramRefusal.unsupported("a type of more than %d levels", DEEPEST);
    }
    return fits(value, type);
  }

  private static int depth(Expression type) {
    if (type instanceof Expression.TupleOf several) {
      return several.items().stream().mapToInt(Types::depth).max().orElse(0);
    }
    return type instanceof Expression.Subscript generic ? 1 + depth(generic.index()) : 0;
  }

  private static boolean fits(IValue value, Expression type) {
    if (type instanceof Expression.TupleOf several) {
      return several.items().stream().anyMatch(t -> fits(value, t));
    }
    if (type instanceof Expression.Subscript generic) {
      return isGeneric(value, generic);
    }
    String name = type.dottedName().orElse("");
    return switch (name) {
      case "Any" -> true;
      case "Tensor" -> value instanceof TensorRef || value instanceof IValue.Complex;
      case "int" -> value instanceof IValue.Int;
      case "float" -> value instanceof IValue.Real;
      case "number" -> value instanceof IValue.Int || value instanceof IValue.Real;
      case "bool" -> value instanceof IValue.Bool;
      case "str" -> value instanceof IValue.Str;
      case "Device" -> value instanceof IValue.Device;
      case "NoneType" -> value == IValue.None.NONE;
      case "list" -> value instanceof IValue.ListOf;
      case "tuple" -> value instanceof IValue.TupleOf;
      default -> value instanceof IValue.Instance instance && instance.className().equals(name);
    };
  }

  private static boolean isGeneric(IValue value, Expression.Subscript generic) {
    List<Expression> parameters =
        generic.index() instanceof Expression.TupleOf tuple
            ? tuple.items()
            : List.of(generic.index());
    return switch (generic.object().dottedName().orElse("")) {
      case "Optional" -> value == IValue.None.NONE || fits(value, parameters.get(0));
      case "Union" -> parameters.stream().anyMatch(t -> fits(value, t));
      case "List" ->
          value instanceof IValue.ListOf list
              && list.items().stream().allMatch(item -> fits(item, parameters.get(0)));
      case "Dict" ->
          value instanceof IValue.DictOf dict
              && dict.items().keySet().stream().allMatch(k -> fits(k, parameters.get(0)))
              && dict.items().values().stream().allMatch(v -> fits(v, parameters.get(1)));
      case "Tuple" -> value instanceof IValue.TupleOf tuple && fits(tuple.items(), parameters);
      default -> false;
    };
  }

  private static boolean fits(List<IValue> items, List<Expression> types) {
    if (items.size() != types.size()) {
      return false;
    }
    for (int i = 0; i < items.size(); i++) {
      if (!fits(items.get(i), types.get(i))) {
        return false;
      }
    }
    return true;
  }
}
