package dev.lapidary.core.page;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.ResourceText;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A piece of HTML (WHATWG): what a user named never becomes markup in it, since {@link #of} escapes
 * whatever is not itself such a piece.
 */
public record Html(String markup) {
  public static final Html NONE = new Html("");

  /**
   * @param template whose {@code {}} are the values, in their order
   */
  public static Html of(String template, Object... values) {
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
  public static Html join(Collection<Html> pieces) {
    return new Html(pieces.stream().map(Html::markup).collect(Collectors.joining()));
  }

  /** One behind the other. */
  public static Html join(Html... pieces) {
    return join(List.of(pieces));
  }

  private static String text(Object value) {
    return value instanceof Html piece ? piece.markup : escape(String.valueOf(value));
  }

  /** Text or a quoted attribute's value. */
  public static String escape(String text) {
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

  /** With two digits behind the point. */
  public static Html percent(double fraction) {
    return new Html(Phrase.of("%.2f&nbsp;%%", 100 * fraction));
  }

  /** Of an interval. */
  public static Html percents(double low, double high) {
    return of("{} to {}", percent(low), percent(high));
  }

  /** Four digits behind the point. */
  public static String number(double value) {
    return Phrase.of("%.4f", value);
  }

  /** With commas between thousands. */
  public static String count(long value) {
    return Phrase.of("%,d", value);
  }

  /** A whole page, which opens offline: what stands in its header, and below it. */
  public static String page(Object title, Html header, Html main) {
    return of(
            """
            <!DOCTYPE html>
            <html lang='en'>
            <head>
            <meta charset='utf-8'>
            <meta name='viewport' content='width=device-width, initial-scale=1'>
            <title>{}</title>
            <style>
            {}</style>
            </head>
            <body>
            <header>
            {}</header>
            <main>
            {}</main>
            </body>
            </html>
            """,
            title,
            new Html(ResourceText.of(Html.class, "page.css")),
            header,
            main)
        .markup();
  }

  /** As learning rates are written. */
  public static String rate(double value) {
    return value == 0 ? "0" : Phrase.of("%.2e", value);
  }
}
