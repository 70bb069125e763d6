package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
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

  static @Nullable Datum call(String name, List<Datum> arguments, Budget budget) {
    if (name.equals("__range_length")) {
      return rangeLength(
          arguments.get(0).toLong(), arguments.get(1).toLong(), arguments.get(2).toLong());
    }
    if (name.equals("__derive_index")) {
      Dim offset = Dims.multiply(integer(arguments.get(0)), integer(arguments.get(2)));
      return new Datum.Int(Dims.add(integer(arguments.get(1)), offset));
    }
    if (arguments.isEmpty()) {
      return name.equals("dict") ? new Datum.DictOf() : null;
    }
    Datum first = arguments.get(0);
    if (first instanceof Datum.DictOf dict) {
      return DictBuiltins.call(name, dict, arguments, budget);
    }
    if (name.equals("dict")) {
      return DictBuiltins.of(first);
    }
    if (first instanceof Datum.ListOf list) {
      Datum changed = change(name, list, arguments, budget);
      return changed != null ? changed : read(name, list.items(), arguments, budget);
    }
    return first instanceof Datum.TupleOf tuple
        ? read(name, tuple.items(), arguments, budget)
        : null;
  }

  private static @Nullable Datum change(
      String name, Datum.ListOf list, List<Datum> arguments, Budget budget) {
    List<Datum> items = list.items();
    Datum none = Datum.None.NONE;
    switch (name) {
      case "append" -> {
        budget.length(1);
        items.add(arguments.get(1));
      }
      case "extend" -> extend(items, List.copyOf(arguments.get(1).toList()), budget);
      case "insert" -> {
        budget.length(1);
        insert(items, arguments.get(1).toLong(), arguments.get(2));
      }
      case "_set_item" -> items.set(position(items, arguments.get(1)), arguments.get(2));
      case "clear" -> items.clear();
      case "reverse" -> java.util.Collections.reverse(items);
      case "sort" -> items.sort(order(arguments.size() > 1 && Scalars.truth(arguments.get(1))));
      case "Delete" -> items.remove(position(items, arguments.get(1)));
      case "remove" -> items.remove((int) indexOf(items, arguments.get(1)).toLong());
      case "add_" -> extend(items, List.copyOf(arguments.get(1).toList()), budget);
      case "mul_" -> {
        List<Datum> all = repeated(items, arguments.get(1).toLong(), budget).toList();
        items.clear();
        items.addAll(all);
      }
      case "pop" -> {
        Datum last = Datum.number(-1);
        return items.remove(position(items, arguments.size() > 1 ? arguments.get(1) : last));
      }
      default -> {
        return null;
      }
    }
    return ITSELF.contains(name) ? list : none;
  }

  private static void extend(List<Datum> items, List<Datum> more, Budget budget) {
    budget.length(more.size());
    items.addAll(more);
  }

  private static void insert(List<Datum> items, long index, Datum item) {
    long at = index < 0 ? index + items.size() : index;
    items.add((int) Math.max(0, Math.min(at, items.size())), item);
  }

  private static final Comparator<Datum> ORDER =
      (a, b) ->
          a instanceof Datum.Int i && b instanceof Datum.Int j
              ? Dims.compare(i.value(), j.value())
              : a instanceof Datum.Str s && b instanceof Datum.Str t
                  ? s.value().compareTo(t.value())
                  : Double.compare(a.toDouble(), b.toDouble());

  private static Comparator<Datum> order(boolean reverse) {
    return reverse ? ORDER.reversed() : ORDER;
  }

  private static @Nullable Datum read(
      String name, List<Datum> items, List<Datum> arguments, Budget budget) {
    if (COPIES.contains(name)) {
      budget.length(items.size());
    }
    return switch (name) {
      case "len" -> Datum.number(items.size());
      case "copy", "list" -> new Datum.ListOf(items);
      case "sorted" -> new Datum.ListOf(items.stream().sorted(ORDER).toList());
      case "select", "__getitem__" -> items.get(position(items, arguments.get(1)));
      case "slice" -> sliceCall(arguments);
      case "add" -> joined(items, arguments.get(1).toList(), budget);
      case "mul" -> repeated(items, arguments.get(1).toLong(), budget);
      case "eq" -> Datum.bool(equal(arguments.get(0), arguments.get(1)));
      case "ne" -> Datum.bool(!equal(arguments.get(0), arguments.get(1)));
      case "__contains__" -> Datum.bool(items.stream().anyMatch(i -> equal(i, arguments.get(1))));
      case "index" -> indexOf(items, arguments.get(1));
      case "count" -> Datum.number(items.stream().filter(i -> equal(i, arguments.get(1))).count());
      case "all" -> Datum.bool(items.stream().allMatch(Scalars::truth));
      case "any" -> Datum.bool(items.stream().anyMatch(Scalars::truth));
      case "sum", "min", "max" ->
          items.stream().allMatch(ListBuiltins::isNumber) ? reduced(name, items, arguments) : null;
      default -> null;
    };
  }

  private static Datum reduced(String name, List<Datum> items, List<Datum> arguments) {
    if (name.equals("sum")) {
      return items.stream().reduce(Datum.number(0), (a, b) -> NumberBuiltins.binary("add", a, b));
    }
    if (arguments.size() > 1) {
      int order = compare(items, arguments.get(1).toList());
      return name.equals("min") == order <= 0 ? arguments.get(0) : arguments.get(1);
    }
    if (name.equals("min") && items.stream().anyMatch(ListBuiltins::isOfBatch)) {
      return NumberBuiltins.least(items);
    }
    return items.stream()
        .reduce((a, b) -> NumberBuiltins.binary(name, a, b))
        .orElseThrow(() -> Refusal.wrong("%s of an empty list", name));
  }

  /** By the first items that differ, then by the lengths. */
  private static int compare(List<Datum> a, List<Datum> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = ORDER.compare(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static boolean isOfBatch(Datum item) {
    return item instanceof Datum.Int i && i.value().perBatch();
  }

  /** {@code x[i]}. */
  public static Datum item(Datum object, Datum key) {
    if (object instanceof Datum.DictOf dict) {
      Datum value = dict.items().get(key);
      if (value == null) {
        throw Refusal.wrong("the dict has no key %s", Datum.describe(key));
      }
      return value;
    }
    if (object instanceof Datum.Str text) {
      long i = key.toLong();
      int at = (int) (i < 0 ? i + text.value().length() : i);
      return new Datum.Str(String.valueOf(text.value().charAt(at)));
    }
    List<Datum> items = object.toList();
    return items.get(position(items, key));
  }

  private static Datum sliceCall(List<Datum> arguments) {
    Datum none = Datum.None.NONE;
    return slice(
        arguments.get(0),
        arguments.size() > 1 ? arguments.get(1) : none,
        arguments.size() > 2 ? arguments.get(2) : none,
        arguments.size() > 3 ? arguments.get(3) : Datum.number(1));
  }

  /** {@code x[lower:upper:step]} of a list, a tuple or a string. */
  public static Datum slice(Datum object, Datum lower, Datum upper, Datum step) {
    boolean text = object instanceof Datum.Str;
    int size = object instanceof Datum.Str s ? s.value().length() : object.toList().size();
    List<Integer> kept = kept(lower, upper, step.toLong(), size);
    if (text) {
      String from1 = ((Datum.Str) object).value();
      StringBuilder part = new StringBuilder();
      kept.forEach(i -> part.append(from1.charAt(i)));
      return new Datum.Str(part.toString());
    }
    List<Datum> items = object.toList();
    List<Datum> part = kept.stream().map(items::get).toList();
    return object instanceof Datum.TupleOf ? Datum.TupleOf.of(part) : new Datum.ListOf(part);
  }

  private static List<Integer> kept(Datum lower, Datum upper, long step, int size) {
    if (step == 0) {
      throw Refusal.wrong("a slice with the step 0");
    }
    // A step back begins at the last item, and ends before the one in front of the first.
    long first = step > 0 ? 0 : -1;
    long last = step > 0 ? size : size - 1L;
    long from = bound(lower, step > 0 ? first : last, first, last, size);
    long to = bound(upper, step > 0 ? last : first, first, last, size);
    List<Integer> kept = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
      kept.add((int) i);
    }
    return kept;
  }

  private static long bound(Datum given, long open, long first, long last, int size) {
    if (given == Datum.None.NONE || (given instanceof Datum.Int i && isOpen(i))) {
      return open;
    }
    long index = given.toLong();
    return Math.max(first, Math.min(index < 0 ? index + size : index, last));
  }

  /** What archives before PyTorch 1.8 have for an end that is not given. */
  private static boolean isOpen(Datum.Int index) {
    return index.equals(Datum.Int.of(Long.MAX_VALUE));
  }

  private static int position(List<Datum> items, Datum index) {
    long i = index.toLong();
    long at = i < 0 ? i + items.size() : i;
    if (at < 0 || at >= items.size()) {
      throw Refusal.wrong("index %d of a list of %d", i, items.size());
    }
    return (int) at;
  }

  private static Datum indexOf(List<Datum> items, Datum wanted) {
    for (int i = 0; i < items.size(); i++) {
      if (equal(items.get(i), wanted)) {
        return Datum.number(i);
      }
    }
    throw Refusal.wrong("%s is not in the list", Datum.describe(wanted));
  }

  private static Datum joined(List<Datum> a, List<Datum> b, Budget budget) {
    budget.length((long) a.size() + b.size());
    List<Datum> all = new ArrayList<>(a);
    all.addAll(b);
    return new Datum.ListOf(all);
  }

  private static Datum repeated(List<Datum> items, long times, Budget budget) {
    budget.length(Math.multiplyExact(items.size(), Math.max(times, 0)));
    List<Datum> all = new ArrayList<>();
    for (long i = 0; i < times; i++) {
      all.addAll(items);
    }
    return new Datum.ListOf(all);
  }

  private static Datum rangeLength(long low, long high, long step) {
    if (step == 0) {
      throw Refusal.wrong("range() with a step of 0");
    }
    long distance = step > 0 ? Math.subtractExact(high, low) : Math.subtractExact(low, high);
    long width = Math.abs(step);
    return Datum.number(distance <= 0 ? 0 : (distance - 1) / width + 1);
  }

  static boolean equal(Datum a, Datum b) {
    return equal(a, b, new int[] {COMPARISONS});
  }

  private static boolean equal(Datum a, Datum b, int[] left) {
    if (left[0]-- == 0) {
      throw Refusal.wrong("lists of more than %d values are compared", COMPARISONS);
    }
    if (a instanceof Datum.ListOf || a instanceof Datum.TupleOf) {
      return (b instanceof Datum.ListOf || b instanceof Datum.TupleOf)
          && equal(a.toList(), b.toList(), left);
    }
    if (isNumber(a) && isNumber(b)) {
      return NumberBuiltins.equal(a, b);
    }
    if (a instanceof TensorRef || b instanceof TensorRef) {
      throw Refusal.unsupported("the comparison of lists of tensors");
    }
    return a instanceof Datum.Function ? a == b : a.equals(b);
  }

  private static boolean equal(List<Datum> a, List<Datum> b, int[] left) {
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

  static boolean isNumber(Datum datum) {
    return datum instanceof Datum.Int || datum instanceof Datum.Real || datum instanceof Datum.Bool;
  }

  private static Dim integer(Datum datum) {
    return datum instanceof Datum.Int i ? i.value() : Dim.of(datum.toLong());
  }
}
