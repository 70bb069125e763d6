package dev.lapidary.trainer.report;

import java.util.Locale;

/** Just enough HTML (WHATWG) for a page of numbers: text that is safe, and numbers that align. */
final class Html {
  private Html() {}

  /** Text or a quoted attribute's value: what a user named never becomes markup. */
  static String escape(String text) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(Character.isISOControl(c) ? ' ' : c);
      }
    }
    return safe.toString();
  }

  static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.2f&nbsp;%%", 100 * fraction);
  }

  /** Four digits behind the point. */
  static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** As learning rates are written. */
  static String rate(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
  }
}
