package dev.lapidary.models.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Operators on strings. */
final class Texts {
  private static final int LONGEST = 100_000;

  private Texts() {}

  static @Nullable Datum call(String name, List<Datum> arguments, Budget budget) {
    if (arguments.isEmpty() || !(arguments.get(0) instanceof Datum.Str first)) {
      return null;
    }
    String text = first.value();
    return switch (name) {
      case "format" -> format(text, arguments.subList(1, arguments.size()), budget);
      case "percentFormat" -> percent(text, arguments.subList(1, arguments.size()), budget);
      case "add" -> joined(text, shown(arguments.get(1)), budget);
      case "mul" -> repeated(text, ListBuiltins.index(arguments.get(1)), budget);
      case "len" -> Builtins.number(text.length());
      case "find" -> find(text, arguments);
      case "join" -> join(text, Invocation.items(arguments.get(1)), budget);
      case "startswith" -> Builtins.bool(text.startsWith(shown(arguments.get(1))));
      case "endswith" -> Builtins.bool(text.endsWith(shown(arguments.get(1))));
      case "__contains__" -> Builtins.bool(text.contains(shown(arguments.get(1))));
      case "lower" -> new Datum.Str(text.toLowerCase(Locale.ROOT));
      case "upper" -> new Datum.Str(text.toUpperCase(Locale.ROOT));
      case "strip" -> new Datum.Str(text.strip());
      case "slice" ->
          ListBuiltins.slice(
              first,
              at(arguments, 1, Datum.None.NONE),
              at(arguments, 2, Datum.None.NONE),
              at(arguments, 3, Builtins.number(1)));
      case "__getitem__" -> ListBuiltins.item(first, arguments.get(1));
      default -> null;
    };
  }

  private static Datum at(List<Datum> arguments, int index, Datum otherwise) {
    return index < arguments.size() ? arguments.get(index) : otherwise;
  }

  private static Datum find(String text, List<Datum> arguments) {
    int from = (int) ListBuiltins.index(at(arguments, 2, Builtins.number(0)));
    long to = ListBuiltins.index(at(arguments, 3, Builtins.number(text.length())));
    int end = (int) Math.max(0, Math.min(to < 0 ? to + text.length() : to, text.length()));
    return Builtins.number(text.substring(0, end).indexOf(shown(arguments.get(1)), from));
  }

  /** {@code "{} of {}".format(a, b)}. */
  private static Datum format(String text, List<Datum> values, Budget budget) {
    return filled(text.split("\\{\\}", -1), values, budget);
  }

  /** {@code "%s of %d" % (a, b)}. */
  private static Datum percent(String text, List<Datum> values, Budget budget) {
    return filled(text.split("%[sdifg]", -1), values, budget);
  }

  private static Datum filled(String[] parts, List<Datum> values, Budget budget) {
    StringBuilder all = new StringBuilder(parts[0]);
    for (int i = 1; i < parts.length; i++) {
      all.append(i <= values.size() ? shown(values.get(i - 1)) : "{}").append(parts[i]);
      budget.length(all.length());
    }
    return new Datum.Str(all.toString());
  }

  private static Datum joined(String a, String b, Budget budget) {
    budget.length((long) a.length() + b.length());
    return new Datum.Str(a + b);
  }

  private static Datum repeated(String text, long times, Budget budget) {
    budget.length(Math.multiplyExact(text.length(), Math.max(times, 0)));
    return new Datum.Str(text.repeat((int) Math.max(times, 0)));
  }

  private static Datum join(String separator, List<Datum> items, Budget budget) {
    List<String> texts = new ArrayList<>();
    long length = 0;
    for (Datum item : items) {
      texts.add(shown(item));
      length += separator.length() + texts.get(texts.size() - 1).length();
      budget.length(length);
    }
    return new Datum.Str(String.join(separator, texts));
  }

  /** {@code str(x)}. */
  static String shown(Datum datum) {
    StringBuilder text = new StringBuilder();
    write(datum, text);
    return text.toString();
  }

  /** A few lists that hold each other show more text than there is memory. */
  private static void write(Datum datum, StringBuilder text) {
    if (text.length() > LONGEST) {
      throw Refusal.wrong("a text of more than %d characters", LONGEST);
    }
    if (datum instanceof Datum.ListOf list) {
      write(list.items(), "[", "]", text);
    } else if (datum instanceof Datum.TupleOf tuple) {
      write(tuple.items(), "(", ")", text);
    } else {
      text.append(plain(datum));
    }
  }

  private static void write(List<Datum> items, String open, String close, StringBuilder text) {
    text.append(open);
    String between = "";
    for (Datum item : items) {
      text.append(between);
      write(item, text);
      between = ", ";
    }
    text.append(close);
  }

  private static String plain(Datum datum) {
    if (datum instanceof Datum.Str text) {
      return text.value();
    }
    if (datum instanceof Datum.Int i) {
      return i.value().toString();
    }
    if (datum instanceof Datum.Real real) {
      return Double.toString(real.value());
    }
    if (datum instanceof Datum.Bool bool) {
      return bool.value() ? "True" : "False";
    }
    if (datum instanceof Datum.Device device) {
      return device.name();
    }
    if (datum == Datum.None.NONE) {
      return "None";
    }
    return Datum.describe(datum);
  }
}
