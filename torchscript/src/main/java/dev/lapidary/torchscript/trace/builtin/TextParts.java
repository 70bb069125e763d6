package dev.lapidary.torchscript.trace.builtin;

import static dev.lapidary.torchscript.trace.builtin.Subscripts.at;
import static dev.lapidary.torchscript.trace.builtin.TextBuiltins.text;

import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
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

  static @Nullable IValue call(String name, String text, List<IValue> arguments) {
    boolean bySpace = arguments.size() < 2 || arguments.get(1) == IValue.None.NONE;
    String by = bySpace ? " " : arguments.get(1) instanceof IValue.Str s ? s.value() : "";

    return switch (name) {
      case "split" ->
          bySpace
              ? strings(WORDS_BETWEEN.splitAsStream(text).filter(w -> !w.isEmpty()).toList())
              : split(text, by, max(arguments));
      case "rsplit" -> splitFromEnd(text, by, max(arguments));
      case "splitlines" -> lines(text, arguments.size() > 1 && Scalars.truth(arguments.get(1)));
      case "startswith" -> IValue.bool(within(text, arguments).startsWith(text(arguments, 1)));
      case "endswith" -> IValue.bool(within(text, arguments).endsWith(text(arguments, 1)));
      case "find", "rfind", "index", "rindex" -> found(name, text, arguments);
      case "count" -> count(text, text(arguments, 1), start(text, arguments), end(text, arguments));
      case "partition", "rpartition" -> partition(name, text, text(arguments, 1));
      default -> null;
    };
  }

  private static IValue split(String text, String by, long max) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int at = text.indexOf(nonEmpty(by));
    while (at >= 0 && (max < 0 || parts.size() < max)) {
      parts.add(text.substring(from, at));
      from = at + by.length();
      at = text.indexOf(by, from);
    }
    parts.add(text.substring(from));
    return strings(parts);
  }

  private static IValue splitFromEnd(String text, String by, long max) {
    List<String> parts = new ArrayList<>();
    int to = text.length();
    int at = text.lastIndexOf(nonEmpty(by));
    while (at >= 0 && (max < 0 || parts.size() < max)) {
      parts.add(text.substring(at + by.length(), to));
      to = at;
      at = at == 0 ? -1 : text.lastIndexOf(by, at - by.length());
    }
    parts.add(text.substring(0, to));
    Collections.reverse(parts);
    return strings(parts);
  }

  private static IValue lines(String text, boolean withEnds) {
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

  private static IValue partition(String name, String text, String by) {
    boolean last = name.startsWith("r");
    int at = last ? text.lastIndexOf(nonEmpty(by)) : text.indexOf(nonEmpty(by));
    List<String> parts =
        at >= 0
            ? List.of(text.substring(0, at), by, text.substring(at + by.length()))
            : last ? List.of("", "", text) : List.of(text, "", "");
    return IValue.TupleOf.of(parts.stream().<IValue>map(IValue.Str::new).toList());
  }

  static IValue strings(List<String> parts) {
    return new IValue.ListOf(parts.stream().map(IValue.Str::new).toList());
  }

  static String nonEmpty(String separator) {
    if (separator.isEmpty()) {
      throw ProgramRefusal.wrong("an empty separator");
    }
    return separator;
  }

  private static IValue found(String name, String text, List<IValue> arguments) {
    String part = within(text, arguments);
    String wanted = text(arguments, 1);
    boolean last = name.startsWith("r");
    boolean nowhere = start(text, arguments) >= end(text, arguments);
    int at = nowhere ? -1 : last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    if (at < 0 && name.endsWith("index")) {
      throw ProgramRefusal.wrong("the text does not hold %s", IValue.describe(arguments.get(1)));
    }
    return IValue.number(at < 0 ? -1 : at + start(text, arguments));
  }

  private static IValue count(String text, String part, int start, int end) {
    int count = 0;
    for (int at = text.indexOf(nonEmpty(part), start);
        at >= 0 && at < end;
        at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return IValue.number(count);
  }

  /** The part that the third and the fourth argument name. */
  private static String within(String text, List<IValue> arguments) {
    int start = start(text, arguments);
    return text.substring(start, Math.max(start, end(text, arguments)));
  }

  private static int start(String text, List<IValue> arguments) {
    long given = at(arguments, 2, IValue.number(0)).toLong();
    return (int) Math.min(text.length(), given < 0 ? Math.max(0, given + text.length()) : given);
  }

  private static int end(String text, List<IValue> arguments) {
    long given = at(arguments, 3, IValue.number(-1)).toLong();
    return (int)
        Math.min(text.length(), given < 0 ? Math.max(0, given + text.length() + 1) : given);
  }

  private static long max(List<IValue> arguments) {
    return at(arguments, 2, IValue.number(-1)).toLong();
  }
}
