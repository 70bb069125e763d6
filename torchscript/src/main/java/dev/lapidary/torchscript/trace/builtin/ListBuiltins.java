package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Operators on lists, tuples and dicts. */
public final class ListBuiltins {
  private static final Set<String> COPIES = Set.of("copy", "list", "sorted", "slice");
  private static final Set<String> ITSELF = Set.of("append", "_set_item", "add_", "mul_");
  private static final int COMPARISONS = 1_000_000;

  private ListBuiltins() {}

  static @Nullable IValue call(String name, List<IValue> arguments, Budget budget) {
    if (name.equals("__range_length")) {
      return rangeLength(
          arguments.get(0).toLong(), arguments.get(1).toLong(), arguments.get(2).toLong());
    }
    if (name.equals("__derive_index")) {
      SymInt offset =
          SymInts.multiply(
              NumberBuiltins.integer(arguments.get(0)), NumberBuiltins.integer(arguments.get(2)));
      return new IValue.Int(SymInts.add(NumberBuiltins.integer(arguments.get(1)), offset));
    }
    if (arguments.isEmpty()) {
      return name.equals("dict") ? new IValue.DictOf() : null;
    }
    IValue first = arguments.get(0);
    if (first instanceof IValue.DictOf dict) {
      return DictBuiltins.call(name, dict, arguments, budget);
    }
    if (name.equals("dict")) {
      return DictBuiltins.of(first);
    }
    if (first instanceof IValue.ListOf list) {
      IValue changed = change(name, list, arguments, budget);
      if (changed != null) {
        return changed;
      }
    }
    return first instanceof IValue.Sequence sequence
        ? read(name, sequence.items(), arguments, budget)
        : null;
  }

  private static @Nullable IValue change(
      String name, IValue.ListOf list, List<IValue> arguments, Budget budget) {
    List<IValue> items = list.items();
    IValue none = IValue.None.NONE;
    switch (name) {
      case "append" -> {
        budget.length(1);
        items.add(arguments.get(1));
      }
      case "extend", "add_" -> extend(items, List.copyOf(arguments.get(1).toList()), budget);
      case "insert" -> {
        budget.length(1);
        insert(items, arguments.get(1).toLong(), arguments.get(2));
      }
      case "_set_item" -> items.set(Subscripts.position(items, arguments.get(1)), arguments.get(2));
      case "clear" -> items.clear();
      case "reverse" -> Collections.reverse(items);
      case "sort" -> items.sort(order(arguments.size() > 1 && Scalars.truth(arguments.get(1))));
      case "Delete" -> items.remove(Subscripts.position(items, arguments.get(1)));
      case "remove" -> items.remove((int) indexOf(items, arguments.get(1)).toLong());
      case "mul_" -> {
        List<IValue> all = repeated(items, arguments.get(1).toLong(), budget).toList();
        items.clear();
        items.addAll(all);
      }
      case "pop" -> {
        IValue last = IValue.number(-1);
        return items.remove(
            Subscripts.position(items, arguments.size() > 1 ? arguments.get(1) : last));
      }
      default -> {
        return null;
      }
    }
    return ITSELF.contains(name) ? list : none;
  }

  private static void extend(List<IValue> items, List<IValue> more, Budget budget) {
    budget.length(more.size());
    items.addAll(more);
  }

  private static void insert(List<IValue> items, long index, IValue item) {
    long at = index < 0 ? index + items.size() : index;
    items.add((int) Math.max(0, Math.min(at, items.size())), item);
  }

  private static final Comparator<IValue> ORDER =
      (a, b) ->
          a instanceof IValue.Int i && b instanceof IValue.Int j
              ? SymInts.compare(i.value(), j.value())
              : a instanceof IValue.Str s && b instanceof IValue.Str t
                  ? s.value().compareTo(t.value())
                  : Double.compare(a.toDouble(), b.toDouble());

  private static Comparator<IValue> order(boolean reverse) {
    return reverse ? ORDER.reversed() : ORDER;
  }

  private static @Nullable IValue read(
      String name, List<IValue> items, List<IValue> arguments, Budget budget) {
    if (COPIES.contains(name)) {
      budget.length(items.size());
    }
    return switch (name) {
      case "len" -> IValue.number(items.size());
      case "copy", "list" -> new IValue.ListOf(items);
      case "sorted" -> new IValue.ListOf(items.stream().sorted(ORDER).toList());
      case "select", "__getitem__" -> items.get(Subscripts.position(items, arguments.get(1)));
      case "slice" -> Subscripts.slice(arguments);
      case "add" -> joined(items, arguments.get(1).toList(), budget);
      case "mul" -> repeated(items, arguments.get(1).toLong(), budget);
      case "eq" -> IValue.bool(equal(arguments.get(0), arguments.get(1)));
      case "ne" -> IValue.bool(!equal(arguments.get(0), arguments.get(1)));
      case "__contains__" -> IValue.bool(items.stream().anyMatch(i -> equal(i, arguments.get(1))));
      case "index" -> indexOf(items, arguments.get(1));
      case "count" -> IValue.number(items.stream().filter(i -> equal(i, arguments.get(1))).count());
      case "all" -> IValue.bool(items.stream().allMatch(Scalars::truth));
      case "any" -> IValue.bool(items.stream().anyMatch(Scalars::truth));
      case "sum", "min", "max" ->
          items.stream().allMatch(IValue.Scalar.class::isInstance)
              ? reduced(name, items, arguments)
              : null;
      default -> null;
    };
  }

  private static IValue reduced(String name, List<IValue> items, List<IValue> arguments) {
    if (name.equals("sum")) {
      return items.stream().reduce(IValue.number(0), (a, b) -> NumberBuiltins.binary("add", a, b));
    }
    if (arguments.size() > 1) {
      int order = compare(items, arguments.get(1).toList());
      return name.equals("min") == order <= 0 ? arguments.get(0) : arguments.get(1);
    }
    if (name.equals("min") && items.stream().anyMatch(ListBuiltins::isOfBatch)) {
      return NumberBuiltins.min(items);
    }
    return items.stream()
        .reduce((a, b) -> NumberBuiltins.binary(name, a, b))
        .orElseThrow(() -> ProgramRefusal.wrong("%s of an empty list", name));
  }

  /** By the first items that differ, then by the lengths. */
  private static int compare(List<IValue> a, List<IValue> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = ORDER.compare(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static boolean isOfBatch(IValue item) {
    return item instanceof IValue.Int i && i.value().perBatch();
  }

  private static IValue indexOf(List<IValue> items, IValue wanted) {
    for (int i = 0; i < items.size(); i++) {
      if (equal(items.get(i), wanted)) {
        return IValue.number(i);
      }
    }
    throw ProgramRefusal.wrong("%s is not in the list", IValue.describe(wanted));
  }

  private static IValue joined(List<IValue> a, List<IValue> b, Budget budget) {
    budget.length((long) a.size() + b.size());
    List<IValue> all = new ArrayList<>(a);
    all.addAll(b);
    return new IValue.ListOf(all);
  }

  private static IValue repeated(List<IValue> items, long times, Budget budget) {
    budget.length(Math.multiplyExact(items.size(), Math.max(times, 0)));
    List<IValue> all = new ArrayList<>();
    for (long i = 0; i < times; i++) {
      all.addAll(items);
    }
    return new IValue.ListOf(all);
  }

  private static IValue rangeLength(long low, long high, long step) {
    if (step == 0) {
      throw ProgramRefusal.wrong("range() with a step of 0");
    }
    long distance = step > 0 ? Math.subtractExact(high, low) : Math.subtractExact(low, high);
    long width = Math.abs(step);
    return IValue.number(distance <= 0 ? 0 : (distance - 1) / width + 1);
  }

  static boolean equal(IValue a, IValue b) {
    return equal(a, b, new int[] {COMPARISONS});
  }

  private static boolean equal(IValue a, IValue b, int[] left) {
    if (left[0]-- == 0) {
      throw ProgramRefusal.wrong("lists of more than %d values are compared", COMPARISONS);
    }
    if (a instanceof IValue.Sequence) {
      return b instanceof IValue.Sequence && equal(a.toList(), b.toList(), left);
    }
    if (a instanceof IValue.Scalar && b instanceof IValue.Scalar) {
      return NumberBuiltins.equal(a, b);
    }
    if (a instanceof TensorRef || b instanceof TensorRef) {
      throw ProgramRefusal.unsupported("the comparison of lists of tensors");
    }
    return a instanceof IValue.Function ? a == b : a.equals(b);
  }

  private static boolean equal(List<IValue> a, List<IValue> b, int[] left) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i), left)) {
        return false;
      }
    }
    return true;
  }
}
