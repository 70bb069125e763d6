package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators on dicts, which keep the order in which their keys came. */
public final class DictBuiltins {
  private DictBuiltins() {}

  static @Nullable IValue call(
      String name, IValue.DictOf dict, List<IValue> arguments, Budget budget) {
    budget.length(name.equals("_set_item") ? 1 : dict.items().size());
    IValue value = change(name, dict, arguments, budget);
    return value == null ? read(name, dict, arguments) : value;
  }

  private static @Nullable IValue read(String name, IValue.DictOf dict, List<IValue> arguments) {
    Map<IValue, IValue> items = dict.items();
    return switch (name) {
      case "len" -> IValue.number(items.size());
      case "keys", "list" -> new IValue.ListOf(List.copyOf(items.keySet()));
      case "values" -> new IValue.ListOf(List.copyOf(items.values()));
      case "items" ->
          new IValue.ListOf(
              items.entrySet().stream()
                  .map(e -> IValue.TupleOf.of(List.of(e.getKey(), e.getValue())))
                  .toList());
      case "__contains__" -> IValue.bool(items.containsKey(arguments.get(1)));
      case "__getitem__" -> Subscripts.item(dict, arguments.get(1));
      case "get" ->
          items.getOrDefault(arguments.get(1), Subscripts.at(arguments, 2, IValue.None.NONE));
      case "copy", "dict" -> {
        IValue.DictOf copy = new IValue.DictOf();
        copy.items().putAll(items);
        yield copy;
      }
      default -> null;
    };
  }

  private static @Nullable IValue change(
      String name, IValue.DictOf dict, List<IValue> arguments, Budget budget) {
    Map<IValue, IValue> items = dict.items();
    switch (name) {
      case "_set_item" -> items.put(key(arguments.get(1)), arguments.get(2));
      case "Delete" -> removed(dict, arguments.get(1));
      case "clear" -> items.clear();
      case "update" -> {
        Map<IValue, IValue> more = of(arguments.get(1)).items();
        budget.length(more.size());
        items.putAll(more);
      }
      case "pop" -> {
        boolean known = items.containsKey(arguments.get(1));
        return known || arguments.size() < 3
            ? removed(dict, arguments.get(1))
            : Subscripts.at(arguments, 2, IValue.None.NONE);
      }
      case "popitem" -> {
        IValue key =
            items.keySet().stream()
                .findFirst()
                .orElseThrow(() -> ProgramRefusal.wrong("popitem() of an empty dict"));
        return IValue.TupleOf.of(List.of(key, removed(dict, key)));
      }
      case "setdefault" -> {
        items.putIfAbsent(key(arguments.get(1)), Subscripts.at(arguments, 2, IValue.None.NONE));
        return Subscripts.item(dict, arguments.get(1));
      }
      default -> {
        return null;
      }
    }
    return IValue.None.NONE;
  }

  /** {@code dict([("a", 1)])}, or another dict's entries. */
  static IValue.DictOf of(IValue entries) {
    if (entries instanceof IValue.DictOf dict) {
      return dict;
    }
    IValue.DictOf made = new IValue.DictOf();
    for (IValue entry : entries.toList()) {
      List<IValue> pair = entry.toList();
      made.items().put(key(pair.get(0)), pair.get(1));
    }
    return made;
  }

  private static IValue removed(IValue.DictOf dict, IValue key) {
    IValue value = Subscripts.item(dict, key);
    dict.items().remove(key);
    return value;
  }

  /** What TorchScript takes for a dict's key; a tower of tuples would take forever to hash. */
  public static IValue key(IValue key) {
    if (key instanceof IValue.Str || key instanceof IValue.Scalar) {
      return key;
    }
    throw ProgramRefusal.unsupported("a dict's key that is %s", IValue.describe(key));
  }
}
