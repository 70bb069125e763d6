package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;

/** {@code isinstance(x, T)}: whether a value has a type of the text. */
final class Types {
  private Types() {}

  private static final int DEEPEST = 8;

  static boolean isInstance(Datum value, Expression type) {
    if (depth(type) > DEEPEST) {
      throw Refusal.unsupported("a type of more than %d levels", DEEPEST);
    }
    return fits(value, type);
  }

  private static int depth(Expression type) {
    if (type instanceof Expression.TupleOf several) {
      return several.items().stream().mapToInt(Types::depth).max().orElse(0);
    }
    return type instanceof Expression.Subscript generic ? 1 + depth(generic.index()) : 0;
  }

  private static boolean fits(Datum value, Expression type) {
    if (type instanceof Expression.TupleOf several) {
      return several.items().stream().anyMatch(t -> fits(value, t));
    }
    if (type instanceof Expression.Subscript generic) {
      return isGeneric(value, generic);
    }
    String name = type.dottedName().orElse("");
    return switch (name) {
      case "Any" -> true;
      case "Tensor" -> value instanceof TensorRef || value instanceof Datum.Complex;
      case "int" -> value instanceof Datum.Int;
      case "float" -> value instanceof Datum.Real;
      case "number" -> value instanceof Datum.Int || value instanceof Datum.Real;
      case "bool" -> value instanceof Datum.Bool;
      case "str" -> value instanceof Datum.Str;
      case "Device" -> value instanceof Datum.Device;
      case "NoneType" -> value == Datum.None.NONE;
      case "list" -> value instanceof Datum.ListOf;
      case "tuple" -> value instanceof Datum.TupleOf;
      default -> value instanceof Datum.Instance instance && instance.className().equals(name);
    };
  }

  private static boolean isGeneric(Datum value, Expression.Subscript generic) {
    List<Expression> parameters =
        generic.index() instanceof Expression.TupleOf tuple
            ? tuple.items()
            : List.of(generic.index());
    return switch (generic.object().dottedName().orElse("")) {
      case "Optional" -> value == Datum.None.NONE || fits(value, parameters.get(0));
      case "Union" -> parameters.stream().anyMatch(t -> fits(value, t));
      case "List" ->
          value instanceof Datum.ListOf list
              && list.items().stream().allMatch(item -> fits(item, parameters.get(0)));
      case "Dict" ->
          value instanceof Datum.DictOf dict
              && dict.items().keySet().stream().allMatch(k -> fits(k, parameters.get(0)))
              && dict.items().values().stream().allMatch(v -> fits(v, parameters.get(1)));
      case "Tuple" -> value instanceof Datum.TupleOf tuple && fits(tuple.items(), parameters);
      default -> false;
    };
  }

  private static boolean fits(List<Datum> items, List<Expression> types) {
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
