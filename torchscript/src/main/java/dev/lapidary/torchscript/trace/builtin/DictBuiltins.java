package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators on dicts, which keep the order in which their keys came. */
public final class DictBuiltins {
  private DictBuiltins() {}

  static @Nullable Datum call(
      String name, Datum.DictOf dict, List<Datum> arguments, Budget budget) {
    budget.length(name.equals("_set_item") ? 1 : dict.items().size());
    Datum value = change(name, dict, arguments, budget);
    return value == null ? read(name, dict, arguments) : value;
  }

  private static @Nullable Datum read(String name, Datum.DictOf dict, List<Datum> arguments) {
    Map<Datum, Datum> items = dict.items();
    return switch (name) {
      case "len" -> Datum.number(items.size());
      case "keys", "list" -> new Datum.ListOf(List.copyOf(items.keySet()));
      case "values" -> new Datum.ListOf(List.copyOf(items.values()));
      case "items" ->
          new Datum.ListOf(
              items.entrySet().stream()
                  .map(e -> Datum.TupleOf.of(List.of(e.getKey(), e.getValue())))
                  .toList());
      case "__contains__" -> Datum.bool(items.containsKey(arguments.get(1)));
      case "__getitem__" -> ListBuiltins.item(dict, arguments.get(1));
      case "get" -> items.getOrDefault(arguments.get(1), otherwise(arguments, Datum.None.NONE));
      case "copy", "dict" -> {
        Datum.DictOf copy = new Datum.DictOf();
        copy.items().putAll(items);
        yield copy;
      }
      default -> null;
    };
  }

  private static @Nullable Datum change(
      String name, Datum.DictOf dict, List<Datum> arguments, Budget budget) {
    Map<Datum, Datum> items = dict.items();
    switch (name) {
      case "_set_item" -> items.put(key(arguments.get(1)), arguments.get(2));
      case "Delete" -> removed(dict, arguments.get(1));
      case "clear" -> items.clear();
      case "update" -> {
        Map<Datum, Datum> more = of(arguments.get(1)).items();
        budget.length(more.size());
        items.putAll(more);
      }
      case "pop" -> {
        boolean known = items.containsKey(arguments.get(1));
        return known || arguments.size() < 3
            ? removed(dict, arguments.get(1))
            : otherwise(arguments, Datum.None.NONE);
      }
      case "popitem" -> {
        Datum key =
            items.keySet().stream()
                .findFirst()
                .orElseThrow(() -> Refusal.wrong("popitem() of an empty dict"));
        return Datum.TupleOf.of(List.of(key, removed(dict, key)));
      }
      case "setdefault" -> {
        items.putIfAbsent(key(arguments.get(1)), otherwise(arguments, Datum.None.NONE));
        return ListBuiltins.item(dict, arguments.get(1));
      }
      default -> {
        return null;
      }
    }
    return Datum.None.NONE;
  }

  /** {@code dict([("a", 1)])}, or another dict's entries. */
  static Datum.DictOf of(Datum entries) {
    if (entries instanceof Datum.DictOf dict) {
      return dict;
    }
    Datum.DictOf made = new Datum.DictOf();
    for (Datum entry : entries.toList()) {
      List<Datum> pair = entry.toList();
      made.items().put(key(pair.get(0)), pair.get(1));
    }
    return made;
  }

  private static Datum removed(Datum.DictOf dict, Datum key) {
    Datum value = ListBuiltins.item(dict, key);
    dict.items().remove(key);
    return value;
  }

  private static Datum otherwise(List<Datum> arguments, Datum absent) {
    return arguments.size() > 2 ? arguments.get(2) : absent;
  }

  /** What TorchScript takes for a dict's key; a tower of tuples would take forever to hash. */
  public static Datum key(Datum key) {
    if (key instanceof Datum.Str || ListBuiltins.isNumber(key)) {
      return key;
    }
    throw Refusal.unsupported("a dict's key that is %s", Datum.describe(key));
  }
}
