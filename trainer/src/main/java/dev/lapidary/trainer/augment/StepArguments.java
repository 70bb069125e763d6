package dev.lapidary.trainer.augment;

import dev.lapidary.core.failure.Failure;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What stands between a step's parentheses, {@code key=value, ...}, read with defaults. */
final class StepArguments {
  private final String step;
  private final Map<String, String> given = new TreeMap<>();
  private final TreeSet<String> known = new TreeSet<>();

  private StepArguments(String step) {
    this.step = step;
  }

  static StepArguments parse(String step, String text) {
    StepArguments options = new StepArguments(step);
    for (String part : text.isBlank() ? new String[0] : text.split(",")) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw Failure.badInput(
            "[augment] %s: expected key=value but found '%s'", step, part.strip());
      }
      options.given.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
    }
    return options;
  }

  double number(String key, double otherwise, double min, double max) {
    String text = take(key);
    double value = text.isEmpty() ? otherwise : asDouble(key, text);
    if (!(value >= min && value <= max)) {
      throw Failure.badInput(
          "[augment] %s: %s must lie in [%s, %s] but is %s", step, key, text(min), text(max), text);
    }
    return value;
  }

  int integer(String key, int otherwise, int min, int max) {
    double value = number(key, otherwise, min, max);
    if (value != Math.rint(value)) {
      throw Failure.badInput(
          "[augment] %s: %s must be a whole number but is %s", step, key, text(value));
    }
    return (int) value;
  }

  int odd(String key, int otherwise, int min, int max) {
    int value = integer(key, otherwise, min, max);
    if (value % 2 == 0) {
      throw Failure.badInput("[augment] %s: %s must be odd but is %d", step, key, value);
    }
    return value;
  }

  DrawnRange range(String key, DrawnRange otherwise, double min, double max) {
    String text = take(key);
    if (text.isEmpty()) {
      return otherwise;
    }
    int dots = text.indexOf("..");
    if (dots < 0) {
      throw Failure.badInput(
          "[augment] %s: %s must be low..high, such as %s, but is %s", step, key, otherwise, text);
    }
    double low = asDouble(key, text.substring(0, dots));
    double high = asDouble(key, text.substring(dots + 2));
    if (!(low >= min && low <= high && high <= max)) {
      throw Failure.badInput(
          "[augment] %s: %s must lie in [%s, %s], the lower end first, but is %s",
          step, key, text(min), text(max), text);
    }
    return new DrawnRange(low, high);
  }

  Warp.Sampling sampling() {
    String text = take("interpolation");
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "", "nearest" -> Warp.Sampling.NEAREST;
      case "bilinear" -> Warp.Sampling.BILINEAR;
      default ->
          throw Failure.badInput(
              "[augment] %s: interpolation must be nearest or bilinear but is %s", step, text);
    };
  }

  /** After the step has read its own. */
  void requireAllKnown() {
    for (String key : given.keySet()) {
      if (!known.contains(key)) {
        throw Failure.badInput(
            "[augment] %s has no option %s; it has %s",
            step, key, known.isEmpty() ? "none" : String.join(", ", known));
      }
    }
  }

  private String take(String key) {
    known.add(key);
    return given.getOrDefault(key, "");
  }

  private double asDouble(String key, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw Failure.badInput("[augment] %s: %s is no number: %s", step, key, text);
    }
  }

  /** The shortest text that is read back as the same number. */
  static String text(double value) {
    return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }

  static String text(Warp.Sampling sampling) {
    return "interpolation=" + sampling.name().toLowerCase(Locale.ROOT);
  }
}
