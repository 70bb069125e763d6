package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.serve.inference.ClientText;
import java.net.URI;
import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parameters of a request's query, each known and once. A name that nobody knows is refused
 * rather than passed over: {@code topk=1} would otherwise be answered with five classes.
 */
record QueryParameters(Map<String, String> values) {
  /**
   * @param known names
   * @throws Refusal 400 if one is unknown, is there twice, or is not percent-encoded UTF-8
   */
  static QueryParameters of(URI uri, List<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    String query = uri.getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (!known.contains(name)) {
        throw wrong(
            "there is no query parameter '%s', expected %s",
            ClientText.brief(name), String.join(" or ", known));
      }
      if (values.putIfAbsent(name, value) != null) {
        throw wrong("the query parameter %s is there twice, expected once", name);
      }
    }
    return new QueryParameters(values);
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(values.get(name));
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      throw wrong("'%s' in the query is not percent-encoded", ClientText.brief(text));
    }
  }

  @com.google.errorprone.annotations.FormatMethod
  private static Refusal wrong(String format, Object... arguments) {
    return Refusal.badRequest("invalid_parameter", "%s", String.format(format, arguments));
  }
}
