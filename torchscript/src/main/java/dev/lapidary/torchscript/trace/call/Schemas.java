package dev.lapidary.torchscript.trace.call;

import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The signatures of all operators that a program may use, as PyTorch prints them ({@code
 * torch._C._jit_get_all_schemas()}): {@code schemas.txt}, one a line.
 */
public final class Schemas {
  private static final Pattern LINE =
      Pattern.compile("([a-z_]+::\\w+)(?:\\.\\w+)?\\((.*)\\) -> (.*)");
  private static final Pattern ALIAS = Pattern.compile("\\([a-z]!?( -> \\*)?\\)|\\(b\\|a\\)");
  private static final Map<String, List<Schema>> BY_OPERATOR = load();

  private Schemas() {}

  /** Overloads by operator ({@code aten::add}), in the table's order. */
  public static Map<String, List<Schema>> all() {
    return BY_OPERATOR;
  }

  /** The first overload of an operator that the table has. */
  public static Schema first(String operator) {
    return Objects.requireNonNull(BY_OPERATOR.get(operator), operator).get(0);
  }

  /** How many arguments without their names the overload with the most takes. */
  public static long positionals(List<Schema> overloads) {
    return overloads.stream()
        .mapToLong(s -> s.parameters().stream().filter(p -> !p.keywordOnly()).count())
        .max()
        .orElse(0);
  }

  /** Of the parameters of all overloads. */
  public static Set<String> names(List<Schema> overloads) {
    return overloads.stream()
        .flatMap(schema -> schema.parameters().stream())
        .map(Parameter::name)
        .collect(Collectors.toSet());
  }

  /** One signature of the table's form. */
  static Schema parse(String line) {
    Matcher matcher = LINE.matcher(ALIAS.matcher(line).replaceAll(""));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no schema: " + line);
    }
    List<Parameter> parameters = new ArrayList<>();
    boolean keywordOnly = false;
    for (String text : split(matcher.group(2))) {
      if (text.equals("*")) {
        keywordOnly = true;
      } else {
        parameters.add(parameter(text, keywordOnly));
      }
    }
    String returns = matcher.group(3);
    boolean several = returns.startsWith("(");
    List<String> types = split(several ? returns.substring(1, returns.length() - 1) : returns);
    return new Schema(
        matcher.group(1), parameters, types.stream().map(t -> t.split(" ", 2)[0]).toList());
  }

  private static Parameter parameter(String text, boolean keywordOnly) {
    int space = text.indexOf(' ');
    String type = text.substring(0, space);
    String name = text.substring(space + 1);
    int equals = name.indexOf('=');
    return equals < 0
        ? new Parameter(name, type, Optional.empty(), keywordOnly)
        : new Parameter(
            name.substring(0, equals), type, Optional.of(name.substring(equals + 1)), keywordOnly);
  }

  /** Splits at the commas that stand in no bracket. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        parts.add(text.substring(start, i).strip());
        start = i + 1;
      }
    }
    if (!text.isBlank()) {
      parts.add(text.substring(start).strip());
    }
    return parts;
  }

  private static Map<String, List<Schema>> load() {
    Map<String, List<Schema>> schemas = new LinkedHashMap<>();
    InputStream stream =
        Objects.requireNonNull(Schemas.class.getResourceAsStream("schemas.txt"), "schemas.txt");
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Schema schema = parse(line);
        schemas.computeIfAbsent(schema.operator(), k -> new ArrayList<>()).add(schema);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return schemas;
  }
}
