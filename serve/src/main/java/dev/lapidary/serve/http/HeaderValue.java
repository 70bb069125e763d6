package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A header field's value with parameters, such as a media type or a content disposition (RFC 9110
 * section 5.6.6). Names are in lower case; a parameter that is empty ({@code a; ; b=c;}) is none.
 *
 * @param value in lower case
 */
record HeaderValue(String value, Map<String, String> parameters) {
  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  /**
   * @param wrong what is thrown if a parameter has no name, no value, no closing quote, or is there
   *     twice; it is told which
   */
  static HeaderValue parse(String text, Function<String, Refusal> wrong) {
    return new Reader(text, wrong).value();
  }

  private static final class Reader {
    private final String text;
    private final Function<String, Refusal> wrong;
    private int at;

    Reader(String text, Function<String, Refusal> wrong) {
      this.text = text;
      this.wrong = wrong;
    }

    HeaderValue value() {
      String value = upTo(";").toLowerCase(Locale.ROOT);
      Map<String, String> parameters = new LinkedHashMap<>();
      while (at < text.length()) {
        at++; // the semicolon
        String name = upTo(";=").toLowerCase(Locale.ROOT);
        if (at < text.length() && text.charAt(at) == '=') {
          at++;
          put(parameters, name, argument());
        } else if (!name.isEmpty()) {
          throw wrong.apply("the parameter '%s' has no '='".formatted(ClientText.brief(name)));
        }
      }
      return new HeaderValue(value, parameters);
    }

    private void put(Map<String, String> parameters, String name, String value) {
      if (name.isEmpty()) {
        throw wrong.apply("a parameter has no name");
      }
      if (parameters.putIfAbsent(name, value) != null) {
        throw wrong.apply("the parameter '%s' is there twice".formatted(ClientText.brief(name)));
      }
    }

    private String argument() {
      while (at < text.length() && isSpace(text.charAt(at))) {
        at++;
      }
      return at < text.length() && text.charAt(at) == '"' ? quoted() : upTo(";");
    }

    /**
     * Only {@code \"} and {@code \\} are escapes: browsers send a name's backslashes as they are,
     * so {@code C:\new.png} keeps its own.
     */
    private String quoted() {
      StringBuilder value = new StringBuilder();
      for (at++; at < text.length(); at++) {
        char c = text.charAt(at);
        char next = at + 1 < text.length() ? text.charAt(at + 1) : 0;
        if (c == '\\' && (next == '"' || next == '\\')) {
          value.append(next);
          at++;
        } else if (c == '"') {
          at++;
          if (!upTo(";").isEmpty()) {
            throw wrong.apply("there is more behind a closing quote");
          }
          return value.toString();
        } else {
          value.append(c);
        }
      }
      throw wrong.apply("a quote is not closed");
    }

    /** What comes before the first of these, without spaces around it; stops there. */
    private String upTo(String stops) {
      int start = at;
      while (at < text.length() && stops.indexOf(text.charAt(at)) < 0) {
        at++;
      }
      int end = at;
      while (start < end && isSpace(text.charAt(start))) {
        start++;
      }
      while (end > start && isSpace(text.charAt(end - 1))) {
        end--;
      }
      return text.substring(start, end);
    }
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }
}
