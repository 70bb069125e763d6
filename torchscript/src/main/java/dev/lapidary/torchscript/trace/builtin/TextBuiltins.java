package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Operators on strings. They mean what libtorch's mean ({@code register_prim_ops.cpp}), which is
 * not always what Python's do: letters are ASCII's, and an end of -1 is the whole string's.
 */
final class TextBuiltins {
  /** What {@code strip()} takes away where it is not told. */
  private static final String BLANKS = " \n\t\f\u000b";

  private static final Set<String> OF_NUMBERS = Set.of("chr", "hex", "oct", "bin");

  private TextBuiltins() {}

  static @Nullable IValue call(String name, List<IValue> arguments, Budget budget) {
    if (arguments.isEmpty()) {
      return null;
    }
    if (OF_NUMBERS.contains(name)) {
      return ofNumber(name, arguments.get(0).toLong());
    }
    if (!(arguments.get(0) instanceof IValue.Str first)) {
      return null;
    }
    String text = first.value();
    budget.length(text.length());
    IValue value = ofSequence(name, first, arguments, budget);
    if (value == null) {
      value = asked(name, text, arguments);
    }
    if (value == null) {
      value = changed(name, text, arguments, budget);
    }
    return value == null ? TextParts.call(name, text, arguments) : value;
  }

  private static IValue ofNumber(String name, long value) {
    String sign = value < 0 ? "-" : "";
    return switch (name) {
      case "chr" -> new IValue.Str(String.valueOf((char) (value & 0xff)));
      case "hex" -> new IValue.Str(sign + "0x" + Long.toHexString(Math.abs(value)));
      case "oct" -> new IValue.Str(sign + "0o" + Long.toOctalString(Math.abs(value)));
      default -> new IValue.Str(sign + "0b" + Long.toBinaryString(Math.abs(value)));
    };
  }

  private static @Nullable IValue ofSequence(
      String name, IValue.Str text, List<IValue> arguments, Budget budget) {
    String value = text.value();
    return switch (name) {
      case "format" -> Texts.format(value, arguments.subList(1, arguments.size()), budget);
      case "percentFormat" -> Texts.percent(value, arguments.subList(1, arguments.size()), budget);
      case "add" -> joined(value, text(arguments, 1), budget);
      case "mul" -> repeated(value, arguments.get(1).toLong(), budget);
      case "join" -> join(value, arguments.get(1).toList(), budget);
      case "len" -> IValue.number(value.length());
      case "ord" -> ordinal(value);
      case "list" ->
          TextParts.strings(value.isEmpty() ? List.of() : Arrays.asList(value.split("")));
      case "lt" -> IValue.bool(value.compareTo(text(arguments, 1)) < 0);
      case "le" -> IValue.bool(value.compareTo(text(arguments, 1)) <= 0);
      case "gt" -> IValue.bool(value.compareTo(text(arguments, 1)) > 0);
      case "ge" -> IValue.bool(value.compareTo(text(arguments, 1)) >= 0);
      case "slice" -> Subscripts.slice(arguments);
      case "__getitem__" -> Subscripts.item(text, arguments.get(1));
      default -> null;
    };
  }

  private static @Nullable IValue asked(String name, String text, List<IValue> arguments) {
    return switch (name) {
      case "__contains__" -> IValue.bool(text.contains(text(arguments, 1)));
      case "isdigit", "isdecimal", "isnumeric" -> all(text, TextBuiltins::isDigit);
      case "isalpha" -> all(text, TextBuiltins::isLetter);
      case "isalnum" -> all(text, c -> isLetter(c) || isDigit(c));
      case "isspace" -> all(text, c -> (BLANKS + "\r").indexOf(c) >= 0);
      case "isupper" -> cased(text, 'A');
      case "islower" -> cased(text, 'a');
      case "isprintable" -> IValue.bool(text.chars().allMatch(c -> c >= ' ' && c <= '~'));
      case "isidentifier" ->
          IValue.bool(
              !text.isEmpty()
                  && !isDigit(text.charAt(0))
                  && text.chars().allMatch(c -> isLetter(c) || isDigit(c)));
      case "istitle" ->
          IValue.bool(title(text).equals(text) && text.chars().anyMatch(c -> isLetter(c)));
      default -> null;
    };
  }

  private static @Nullable IValue changed(
      String name, String text, List<IValue> arguments, Budget budget) {
    String result =
        switch (name) {
          case "lower" -> mapped(text, TextBuiltins::lower);
          case "upper" -> mapped(text, TextBuiltins::upper);
          case "swapcase" -> mapped(text, c -> lower(c) == c ? upper(c) : lower(c));
          case "capitalize" ->
              mapped(text.substring(0, Math.min(1, text.length())), TextBuiltins::upper)
                  + mapped(text.substring(Math.min(1, text.length())), TextBuiltins::lower);
          case "title" -> title(text);
          case "strip" -> stripped(text, arguments, true, true);
          case "lstrip" -> stripped(text, arguments, true, false);
          case "rstrip" -> stripped(text, arguments, false, true);
          case "ljust", "rjust", "center", "zfill" -> padded(name, text, arguments, budget);
          case "expandtabs" -> expanded(text, arguments, budget);
          case "replace" -> replaced(text, arguments, budget);
          default -> null;
        };
    return result == null ? null : new IValue.Str(result);
  }

  private static IValue ordinal(String text) {
    if (text.length() != 1) {
      throw ProgramRefusal.wrong("ord() of a text of %d characters; expected 1", text.length());
    }
    return IValue.number(text.charAt(0));
  }

  private static String stripped(
      String text, List<IValue> arguments, boolean fromStart, boolean fromEnd) {
    String blanks = arguments.size() > 1 ? text(arguments, 1) : BLANKS;
    int start = 0;
    int end = text.length();
    while (fromStart && start < end && blanks.indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    while (fromEnd && end > start && blanks.indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(start, end);
  }

  private static String padded(String name, String text, List<IValue> arguments, Budget budget) {
    long width = arguments.get(1).toLong();
    String with = name.equals("zfill") ? "0" : arguments.size() > 2 ? text(arguments, 2) : " ";
    if (with.length() != 1) {
      throw ProgramRefusal.wrong("%s() with a fill of %d characters", name, with.length());
    }
    budget.length(Math.max(0, width));
    int missing = (int) Math.max(0, width - text.length());
    int sign = name.equals("zfill") && text.matches("[+-](?s:.*)") ? 1 : 0;
    int before =
        switch (name) {
          case "ljust" -> 0;
          case "center" -> width % 2 == 0 ? missing / 2 : (missing + 1) / 2;
          default -> missing;
        };
    return text.substring(0, sign)
        + with.repeat(before)
        + text.substring(sign)
        + with.repeat(missing - before);
  }

  private static String expanded(String text, List<IValue> arguments, Budget budget) {
    long size = Math.max(0, Subscripts.at(arguments, 1, IValue.number(8)).toLong());
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\t') {
        result.append(c);
      } else if (size > 0) {
        long spaces = size - result.length() % size;
        budget.length(spaces);
        result.append(" ".repeat((int) spaces));
      }
    }
    return result.toString();
  }

  private static String replaced(String text, List<IValue> arguments, Budget budget) {
    String old = TextParts.nonEmpty(text(arguments, 1));
    String now = text(arguments, 2);
    long max = Subscripts.at(arguments, 3, IValue.number(-1)).toLong();
    StringBuilder result = new StringBuilder();
    int from = 0;
    int at = text.indexOf(old);
    for (long i = 0; at >= 0 && (max < 0 || i < max); i++) {
      budget.length(now.length());
      result.append(text, from, at).append(now);
      from = at + old.length();
      at = text.indexOf(old, from);
    }
    return result.append(text.substring(from)).toString();
  }

  private static IValue joined(String a, String b, Budget budget) {
    budget.length((long) a.length() + b.length());
    return new IValue.Str(a + b);
  }

  private static IValue repeated(String text, long times, Budget budget) {
    budget.length(Math.multiplyExact(text.length(), Math.max(times, 0)));
    return new IValue.Str(text.repeat((int) Math.max(times, 0)));
  }

  private static IValue join(String separator, List<IValue> items, Budget budget) {
    List<String> texts = new ArrayList<>();
    long length = 0;
    for (IValue item : items) {
      texts.add(Texts.shown(item));
      length += separator.length() + texts.get(texts.size() - 1).length();
      budget.length(length);
    }
    return new IValue.Str(String.join(separator, texts));
  }

  private static String title(String text) {
    StringBuilder result = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      result.append((char) (inWord ? lower(c) : upper(c)));
      inWord = isLetter(c);
    }
    return result.toString();
  }

  private static String mapped(String text, IntUnaryOperator to) {
    StringBuilder result = new StringBuilder();
    text.chars().forEach(c -> result.append((char) to.applyAsInt(c)));
    return result.toString();
  }

  private static IValue all(String text, IntPredicate is) {
    return IValue.bool(!text.isEmpty() && text.chars().allMatch(is));
  }

  /** At least one letter, and all from {@code first} on. */
  private static IValue cased(String text, char first) {
    return IValue.bool(
        text.chars().anyMatch(c -> isLetter(c))
            && text.chars()
                .filter(c -> isLetter(c))
                .allMatch(c -> c >= first && c < first + ('Z' - 'A' + 1)));
  }

  private static boolean isLetter(int c) {
    return lower(c) != c || upper(c) != c;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  private static int upper(int c) {
    return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
  }

  static String text(List<IValue> arguments, int index) {
    if (index < arguments.size() && arguments.get(index) instanceof IValue.Str text) {
      return text.value();
    }
    throw ProgramRefusal.wrong(
        "expected a str, found %s",
        IValue.describe(Subscripts.at(arguments, index, IValue.None.NONE)));
  }
}
