package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.ArrayList;
import java.util.List;

/** {@code x[i]} and {@code x[lower:upper:step]}, of what TorchScript can index. */
public final class Subscripts {
  private Subscripts() {}

  /** {@code x[i]}. */
  public static IValue item(IValue object, IValue key) {
    if (object instanceof IValue.DictOf dict) {
      IValue value = dict.items().get(key);
      if (value == null) {
        throw ProgramRefusal.wrong("the dict has no key %s", IValue.describe(key));
      }
      return value;
    }
    if (object instanceof IValue.Str text) {
      long i = key.toLong();
      int at = (int) (i < 0 ? i + text.value().length() : i);
      return new IValue.Str(String.valueOf(text.value().charAt(at)));
    }
    List<IValue> items = object.toList();
    return items.get(position(items, key));
  }

  /** {@code x[lower:upper:step]} of a list, a tuple or a string. */
  public static IValue slice(IValue object, IValue lower, IValue upper, IValue step) {
    boolean text = object instanceof IValue.Str;
    int size = object instanceof IValue.Str s ? s.value().length() : object.toList().size();
    List<Integer> kept = kept(lower, upper, step.toLong(), size);
    if (text) {
      String from1 = ((IValue.Str) object).value();
      StringBuilder part = new StringBuilder();
      kept.forEach(i -> part.append(from1.charAt(i)));
      return new IValue.Str(part.toString());
    }
    List<IValue> items = object.toList();
    List<IValue> part = kept.stream().map(items::get).toList();
    return object instanceof IValue.TupleOf ? IValue.TupleOf.of(part) : new IValue.ListOf(part);
  }

  /** The same of an operator's arguments, of which the last ones may be left out. */
  static IValue slice(List<IValue> arguments) {
    IValue none = IValue.None.NONE;
    return slice(
        arguments.get(0),
        at(arguments, 1, none),
        at(arguments, 2, none),
        at(arguments, 3, IValue.number(1)));
  }

  /** An operator's argument, or what stands for it where it is left out. */
  static IValue at(List<IValue> arguments, int index, IValue otherwise) {
    return index < arguments.size() ? arguments.get(index) : otherwise;
  }

  private static List<Integer> kept(IValue lower, IValue upper, long step, int size) {
    if (step == 0) {
      throw ProgramRefusal.wrong("a slice with the step 0");
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

  private static long bound(IValue given, long open, long first, long last, int size) {
    if (given == IValue.None.NONE || (given instanceof IValue.Int i && isOpen(i))) {
      return open;
    }
    long index = given.toLong();
    return Math.max(first, Math.min(index < 0 ? index + size : index, last));
  }

  /** What archives before PyTorch 1.8 have for an end that is not given. */
  private static boolean isOpen(IValue.Int index) {
    return index.equals(IValue.Int.of(Long.MAX_VALUE));
  }

  static int position(List<IValue> items, IValue index) {
    long i = index.toLong();
    long at = i < 0 ? i + items.size() : i;
    if (at < 0 || at >= items.size()) {
      throw ProgramRefusal.wrong("index %d of a list of %d", i, items.size());
    }
    return (int) at;
  }
}
