package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Values as text, as libtorch's {@code IValue} prints them, and the two ways to format text. */
public final class Texts {
  private static final int LONGEST = 100_000;
  private static final Pattern FIELDS = Pattern.compile("\\{\\}");
  private static final Pattern SPECIFIERS = Pattern.compile("%(?<kind>.?)", Pattern.DOTALL);
  private static final int MAX_DIGITS = 17;
  private static final double FIRST_WITH_DIGITS = 0x1p63;

  private Texts() {}

  /** {@code "{} of {}".format(a, b)}; values beyond the fields are left out. */
  static IValue format(String text, List<IValue> values, Budget budget) {
    Iterator<IValue> left = values.iterator();
    return filled(text, FIELDS, field -> shown(next(left, text)), budget);
  }

  /** {@code "%s of %d" % (a, b)}. */
  static IValue percent(String text, List<IValue> values, Budget budget) {
    List<IValue> given =
        values.size() == 1 && values.get(0) instanceof IValue.TupleOf tuple
            ? tuple.items()
            : values;
    Iterator<IValue> left = given.iterator();
    IValue result =
        filled(
            text,
            SPECIFIERS,
            field -> field.group(1).equals("%") ? "%" : shown(field.group(1), next(left, text)),
            budget);
    if (left.hasNext()) {
      throw ProgramRefusal.wrong(
          "%d values for %s", given.size(), IValue.describe(new IValue.Str(text)));
    }
    return result;
  }

  private static IValue next(Iterator<IValue> left, String text) {
    if (!left.hasNext()) {
      throw ProgramRefusal.wrong("too few values for %s", IValue.describe(new IValue.Str(text)));
    }
    return left.next();
  }

  /** What stands in a replacement field. */
  private interface Filler {
    String fill(MatchResult field);
  }

  private static IValue filled(String text, Pattern fields, Filler filler, Budget budget) {
    StringBuilder all = new StringBuilder();
    int from = 0;
    for (MatchResult field : fields.matcher(text).results().toList()) {
      all.append(text, from, field.start()).append(filler.fill(field));
      budget.length(all.length());
      from = field.end();
    }
    return new IValue.Str(all.append(text.substring(from)).toString());
  }

  /** libtorch takes a float for one of single precision here. */
  private static String shown(String kind, IValue value) {
    return switch (kind) {
      case "s" -> shown(value);
      case "d", "i" -> Long.toString((long) value.toDouble());
      case "f", "F", "e", "E" ->
          String.format(Locale.ROOT, "%." + 6 + kind.replace('F', 'f'), (float) value.toDouble());
      case "c" ->
          value instanceof IValue.Int i ? String.valueOf((char) (i.toLong() & 0xff)) : shown(value);
      default ->
          throw ProgramRefusal.wrong("%%%s is no specifier of TorchScript's format strings", kind);
    };
  }

  /** {@code str(x)}. */
  public static String shown(IValue ivalue) {
    StringBuilder text = new StringBuilder();
    write(ivalue, text);
    return text.toString();
  }

  /** A few lists that hold each other show more text than there is memory. */
  private static void write(IValue ivalue, StringBuilder text) {
    if (text.length() > LONGEST) {
      throw ProgramRefusal.wrong("a text of more than %d characters", LONGEST);
    }
    if (ivalue instanceof IValue.ListOf list) {
      write(list.items(), "[", "]", text, item -> write(item, text));
    } else if (ivalue instanceof IValue.TupleOf tuple) {
      String close = tuple.items().size() == 1 ? ",)" : ")";
      write(tuple.items(), "(", close, text, item -> write(item, text));
    } else if (ivalue instanceof IValue.DictOf dict) {
      write(
          dict.items().entrySet(),
          "{",
          "}",
          text,
          entry -> {
            write(entry.getKey(), text);
            text.append(": ");
            write(entry.getValue(), text);
          });
    } else {
      text.append(plain(ivalue));
    }
  }

  private static <T> void write(
      Collection<T> items, String open, String close, StringBuilder text, Consumer<T> each) {
    text.append(open);
    String between = "";
    for (T item : items) {
      text.append(between);
      each.accept(item);
      between = ", ";
    }
    text.append(close);
  }

  private static String plain(IValue ivalue) {
    if (ivalue instanceof IValue.Str text) {
      return text.value();
    }
    if (ivalue instanceof IValue.Int i) {
      return i.value().toString();
    }
    if (ivalue instanceof IValue.Real real) {
      return real(real.value());
    }
    if (ivalue instanceof IValue.Bool bool) {
      return bool.value() ? "True" : "False";
    }
    if (ivalue instanceof IValue.Device device) {
      return device.name();
    }
    if (ivalue == IValue.None.NONE) {
      return "None";
    }
    return IValue.describe(ivalue);
  }

  /** {@code 1.} for a whole number, else 17 digits as C's {@code %g} writes them. */
  private static String real(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < FIRST_WITH_DIGITS) {
      return (long) value + ".";
    }
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(MAX_DIGITS, RoundingMode.HALF_EVEN));
    BigDecimal digits = rounded.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < MAX_DIGITS) {
      return digits.toPlainString();
    }
    String number = digits.unscaledValue().abs().toString();
    String behind = number.length() > 1 ? "." + number.substring(1) : "";
    return (value < 0 ? "-" : "")
        + number.charAt(0)
        + behind
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
