package dev.lapidary.torchscript.trace.builtin;

import static dev.lapidary.torchscript.trace.builtin.TextBuiltins.at;
import static dev.lapidary.torchscript.trace.builtin.TextBuiltins.text;

import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Scalars;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a string holds another one, and what lies between. */
final class TextParts {
  private static final Pattern WORDS_BETWEEN = Pattern.compile("[ \\t\\n\\r\\f\\x0b\\x1c-\\x1e]+");
  private static final Pattern ENDS_OF_LINES =
      Pattern.compile("\\r\\n|[\\n\\r\\x0b\\f\\x1c-\\x1e]");

  private TextParts() {}

  static @Nullable Datum call(String name, String text, List<Datum> arguments) {
    boolean bySpace = arguments.size() < 2 || arguments.get(1) == Datum.None.NONE;
    String by = bySpace ? " " : arguments.get(1) instanceof Datum.Str s ? s.value() : "";

    return switch (name) {
      case "split" ->
          bySpace
              ? strings(WORDS_BETWEEN.splitAsStream(text).filter(w -> !w.isEmpty()).toList())
              : split(text, by, most(arguments));
      case "rsplit" -> splitFromEnd(text, by, most(arguments));
      case "splitlines" -> lines(text, arguments.size() > 1 && Scalars.truth(arguments.get(1)));
      case "startswith" -> Datum.bool(within(text, arguments).startsWith(text(arguments, 1)));
      case "endswith" -> Datum.bool(within(text, arguments).endsWith(text(arguments, 1)));
      case "find", "rfind", "index", "rindex" -> found(name, text, arguments);
      case "count" -> count(text, text(arguments, 1), start(text, arguments), end(text, arguments));
      case "partition", "rpartition" -> partition(name, text, text(arguments, 1));
      default -> null;
    };
  }

  private static Datum split(String text, String by, long most) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int at = text.indexOf(nonEmpty(by));
    while (at >= 0 && (most < 0 || parts.size() < most)) {
      parts.add(text.substring(from, at));
      from = at + by.length();
      at = text.indexOf(by, from);
    }
    parts.add(text.substring(from));
    return strings(parts);
  }

  private static Datum splitFromEnd(String text, String by, long most) {
    List<String> parts = new ArrayList<>();
    int to = text.length();
    int at = text.lastIndexOf(nonEmpty(by));
    while (at >= 0 && (most < 0 || parts.size() < most)) {
      parts.add(text.substring(at + by.length(), to));
      to = at;
      at = at == 0 ? -1 : text.lastIndexOf(by, at - by.length());
    }
    parts.add(text.substring(0, to));
    Collections.reverse(parts);
    return strings(parts);
  }

  private static Datum lines(String text, boolean withEnds) {
    List<String> lines = new ArrayList<>();
    Matcher end = ENDS_OF_LINES.matcher(text);
    int from = 0;
    while (end.find()) {
      lines.add(text.substring(from, withEnds ? end.end() : end.start()));
      from = end.end();
    }
    if (from < text.length()) {
      lines.add(text.substring(from));
    }
    return strings(lines);
  }

  private static Datum partition(String name, String text, String by) {
    boolean last = name.startsWith("r");
    int at = last ? text.lastIndexOf(nonEmpty(by)) : text.indexOf(nonEmpty(by));
    List<String> parts =
        at >= 0
            ? List.of(text.substring(0, at), by, text.substring(at + by.length()))
            : last ? List.of("", "", text) : List.of(text, "", "");
    return Datum.TupleOf.of(parts.stream().<Datum>map(Datum.Str::new).toList());
  }

  static Datum strings(List<String> parts) {
    return new Datum.ListOf(parts.stream().map(Datum.Str::new).toList());
  }

  static String nonEmpty(String separator) {
    if (separator.isEmpty()) {
      throw Refusal.wrong("an empty separator");
    }
    return separator;
  }

  private static Datum found(String name, String text, List<Datum> arguments) {
    String part = within(text, arguments);
    String wanted = text(arguments, 1);
    boolean last = name.startsWith("r");
    boolean nowhere = start(text, arguments) >= end(text, arguments);
    int at = nowhere ? -1 : last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    if (at < 0 && name.endsWith("index")) {
      throw Refusal.wrong("the text does not hold %s", Datum.describe(arguments.get(1)));
    }
    return Datum.number(at < 0 ? -1 : at + start(text, arguments));
  }

  private static Datum count(String text, String part, int start, int end) {
    int count = 0;
    for (int at = text.indexOf(nonEmpty(part), start);
        at >= 0 && at < end;
        at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return Datum.number(count);
  }

  /** The part that the third and the fourth argument name. */
  private static String within(String text, List<Datum> arguments) {
    int start = start(text, arguments);
    return text.substring(start, Math.max(start, end(text, arguments)));
  }

  private static int start(String text, List<Datum> arguments) {
    long given = at(arguments, 2, Datum.number(0)).toLong();
    return (int) Math.min(text.length(), given < 0 ? Math.max(0, given + text.length()) : given);
  }

  private static int end(String text, List<Datum> arguments) {
    long given = at(arguments, 3, Datum.number(-1)).toLong();
    return (int)
        Math.min(text.length(), given < 0 ? Math.max(0, given + text.length() + 1) : given);
  }

  private static long most(List<Datum> arguments) {
    return at(arguments, 2, Datum.number(-1)).toLong();
  }
}
