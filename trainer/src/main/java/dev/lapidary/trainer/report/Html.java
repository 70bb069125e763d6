package dev.lapidary.trainer.report;

import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A piece of HTML (WHATWG): what a user named never becomes markup in it, since {@link #of} escapes
 * whatever is not itself such a piece.
 */
record Html(String markup) {
  static final Html NONE = new Html("");

  /**
   * @param template whose {@code {}} are the values, in their order
   */
  static Html of(String template, Object... values) {
    StringBuilder filled = new StringBuilder();
    Iterator<Object> next = Arrays.asList(values).iterator();
    int at = 0;
    for (int gap = template.indexOf("{}"); gap >= 0; gap = template.indexOf("{}", at)) {
      filled.append(template, at, gap).append(text(next.next()));
      at = gap + 2;
    }
    return new Html(filled.append(template.substring(at)).toString());
  }

  /** One behind the other. */
  static Html join(Collection<Html> pieces) {
    return new Html(pieces.stream().map(Html::markup).collect(Collectors.joining()));
  }

  static Html join(Html... pieces) {
    return join(List.of(pieces));
  }

  private static String text(Object value) {
    return value instanceof Html piece ? piece.markup : escape(String.valueOf(value));
  }

  /** Text or a quoted attribute's value. */
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

  static Html percent(double fraction) {
    return new Html(String.format(Locale.ROOT, "%.2f&nbsp;%%", 100 * fraction));
  }

  static Html percents(Interval interval) {
    return of("{} to {}", percent(interval.low()), percent(interval.high()));
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
