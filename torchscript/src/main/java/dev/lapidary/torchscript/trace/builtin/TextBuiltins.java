package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
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

  static @Nullable Datum call(String name, List<Datum> arguments, Budget budget) {
    if (arguments.isEmpty()) {
      return null;
    }
    if (OF_NUMBERS.contains(name)) {
      return ofNumber(name, arguments.get(0).toLong());
    }
    if (!(arguments.get(0) instanceof Datum.Str first)) {
      return null;
    }
    String text = first.value();
    budget.length(text.length());
    Datum value = ofSequence(name, first, arguments, budget);
    if (value == null) {
      value = asked(name, text, arguments);
    }
    if (value == null) {
      value = changed(name, text, arguments, budget);
    }
    return value == null ? TextParts.call(name, text, arguments) : value;
  }

  private static Datum ofNumber(String name, long value) {
    String sign = value < 0 ? "-" : "";
    return switch (name) {
      case "chr" -> new Datum.Str(String.valueOf((char) (value & 0xff)));
      case "hex" -> new Datum.Str(sign + "0x" + Long.toHexString(Math.abs(value)));
      case "oct" -> new Datum.Str(sign + "0o" + Long.toOctalString(Math.abs(value)));
      default -> new Datum.Str(sign + "0b" + Long.toBinaryString(Math.abs(value)));
    };
  }

  private static @Nullable Datum ofSequence(
      String name, Datum.Str text, List<Datum> arguments, Budget budget) {
    Datum none = Datum.None.NONE;
    String value = text.value();
    return switch (name) {
      case "format" -> Texts.format(value, arguments.subList(1, arguments.size()), budget);
      case "percentFormat" -> Texts.percent(value, arguments.subList(1, arguments.size()), budget);
      case "add" -> joined(value, text(arguments, 1), budget);
      case "mul" -> repeated(value, arguments.get(1).toLong(), budget);
      case "join" -> join(value, arguments.get(1).toList(), budget);
      case "len" -> Datum.number(value.length());
      case "ord" -> ordinal(value);
      case "list" ->
          TextParts.strings(value.isEmpty() ? List.of() : Arrays.asList(value.split("")));
      case "lt" -> Datum.bool(value.compareTo(text(arguments, 1)) < 0);
      case "le" -> Datum.bool(value.compareTo(text(arguments, 1)) <= 0);
      case "gt" -> Datum.bool(value.compareTo(text(arguments, 1)) > 0);
      case "ge" -> Datum.bool(value.compareTo(text(arguments, 1)) >= 0);
      case "slice" ->
          ListBuiltins.slice(
              text,
              at(arguments, 1, none),
              at(arguments, 2, none),
              at(arguments, 3, Datum.number(1)));
      case "__getitem__" -> ListBuiltins.item(text, arguments.get(1));
      default -> null;
    };
  }

  private static @Nullable Datum asked(String name, String text, List<Datum> arguments) {
    return switch (name) {
      case "__contains__" -> Datum.bool(text.contains(text(arguments, 1)));
      case "isdigit", "isdecimal", "isnumeric" -> all(text, TextBuiltins::isDigit);
      case "isalpha" -> all(text, TextBuiltins::isLetter);
      case "isalnum" -> all(text, c -> isLetter(c) || isDigit(c));
      case "isspace" -> all(text, c -> (BLANKS + "\r").indexOf(c) >= 0);
      case "isupper" -> cased(text, 'A');
      case "islower" -> cased(text, 'a');
      case "isprintable" -> Datum.bool(text.chars().allMatch(c -> c >= ' ' && c <= '~'));
      case "isidentifier" ->
          Datum.bool(
              !text.isEmpty()
                  && !isDigit(text.charAt(0))
                  && text.chars().allMatch(c -> isLetter(c) || isDigit(c)));
      case "istitle" ->
          Datum.bool(title(text).equals(text) && text.chars().anyMatch(c -> isLetter(c)));
      default -> null;
    };
  }

  private static @Nullable Datum changed(
      String name, String text, List<Datum> arguments, Budget budget) {
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
    return result == null ? null : new Datum.Str(result);
  }

  private static Datum ordinal(String text) {
    if (text.length() != 1) {
      throw Refusal.wrong("ord() of a text of %d characters; expected 1", text.length());
    }
    return Datum.number(text.charAt(0));
  }

  private static String stripped(
      String text, List<Datum> arguments, boolean fromStart, boolean fromEnd) {
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

  private static String padded(String name, String text, List<Datum> arguments, Budget budget) {
    long width = arguments.get(1).toLong();
    String with = name.equals("zfill") ? "0" : arguments.size() > 2 ? text(arguments, 2) : " ";
    if (with.length() != 1) {
      throw Refusal.wrong("%s() with a fill of %d characters", name, with.length());
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

  private static String expanded(String text, List<Datum> arguments, Budget budget) {
    long size = Math.max(0, at(arguments, 1, Datum.number(8)).toLong());
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

  private static String replaced(String text, List<Datum> arguments, Budget budget) {
    String old = TextParts.nonEmpty(text(arguments, 1));
    String now = text(arguments, 2);
    long most = at(arguments, 3, Datum.number(-1)).toLong();
    StringBuilder result = new StringBuilder();
    int from = 0;
    int at = text.indexOf(old);
    for (long i = 0; at >= 0 && (most < 0 || i < most); i++) {
      budget.length(now.length());
      result.append(text, from, at).append(now);
      from = at + old.length();
      at = text.indexOf(old, from);
    }
    return result.append(text.substring(from)).toString();
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
      texts.add(Texts.shown(item));
      length += separator.length() + texts.get(texts.size() - 1).length();
      budget.length(length);
    }
    return new Datum.Str(String.join(separator, texts));
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

  private static Datum all(String text, IntPredicate is) {
    return Datum.bool(!text.isEmpty() && text.chars().allMatch(is));
  }

  /** At least one letter, and all from {@code first} on. */
  private static Datum cased(String text, char first) {
    return Datum.bool(
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

  static String text(List<Datum> arguments, int index) {
    if (index < arguments.size() && arguments.get(index) instanceof Datum.Str text) {
      return text.value();
    }
    throw Refusal.wrong(
        "expected a str, found %s", Datum.describe(at(arguments, index, Datum.None.NONE)));
  }

  static Datum at(List<Datum> arguments, int index, Datum otherwise) {
    return index < arguments.size() ? arguments.get(index) : otherwise;
  }
}
