package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The text of one method. Values get names of their own, after the operator that computes them, so
 * that equal modules have equal text and no name of the file stands in it.
 */
final class MethodText {
  private final List<String> parameters = new ArrayList<>();
  private final Set<String> given = new LinkedHashSet<>();
  private final StringBuilder statements = new StringBuilder();
  private final Map<String, String> values = new HashMap<>();
  private final Map<String, String> attributes = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Set<String> taken = new HashSet<>();

  /** A parameter of the method, in order. */
  void parameter(String value, ValueType type) {
    String local = define(value, type == ValueType.TENSOR ? "x" : "n");
    parameters.add(local + ": " + type.text());
    if (type == ValueType.TENSOR) {
      given.add(value);
    }
  }

  /** The parameters that are tensors. */
  Set<String> given() {
    return given;
  }

  boolean isDefined(String value) {
    return values.containsKey(value);
  }

  /** What a value is called here. */
  String local(String value) {
    return Objects.requireNonNull(values.get(value), () -> value + " is not in the scope");
  }

  /** Names a value that the next statement computes. */
  String define(String value, String like) {
    String local = fresh(like);
    values.put(value, local);
    return local;
  }

  /** Names a value that is an expression, {@code CONSTANTS.c0}. */
  void stands(String value, String expression) {
    values.put(value, expression);
  }

  void statement(String text) {
    statements.append("    ").append(text).append('\n');
  }

  /**
   * An attribute below this module, fetched once: {@code weight = self.weight}.
   *
   * @param path parts below this module
   */
  String attribute(List<String> path) {
    String key = String.join(".", path);
    String known = attributes.get(key);
    if (known != null) {
      return known;
    }
    String name = path.get(path.size() - 1);
    String owner = path.size() == 1 ? "self" : attribute(path.subList(0, path.size() - 1));
    String local = fresh(ModulePaths.local(name));
    statement(local + " = " + ModulePaths.attribute(owner, name));
    attributes.put(key, local);
    return local;
  }

  /** {@code (self: ..., x: Tensor) -> Tensor:} and the body. */
  String returning(List<Output> outputs) {
    String types = outputs.stream().map(o -> o.type().text()).collect(Collectors.joining(", "));
    String names = outputs.stream().map(o -> local(o.name())).collect(Collectors.joining(", "));
    return outputs.size() == 1
        ? whole(types, names)
        : whole("Tuple[" + types + "]", "(" + names + ")");
  }

  /** The same for a dict. */
  String returning(List<Output> outputs, List<String> keys) {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      entries.add("\"%s\": %s".formatted(keys.get(i), local(outputs.get(i).name())));
    }
    return whole("Dict[str, Tensor]", "{" + String.join(", ", entries) + "}");
  }

  /** The statements for training alone; in eval mode the input is the result. */
  String inTraining(Output output, String input) {
    String result = fresh("y");
    String body = statements.toString().indent(2);
    String computed = local(output.name());
    statements.setLength(0);
    statement("if self.training:");
    statements.append(body);
    statement("  " + result + " = " + computed);
    statement("else:");
    statement("  " + result + " = " + local(input));
    return whole(ValueType.TENSOR.text(), result);
  }

  private String whole(String type, String result) {
    String start =
        parameters.stream()
            .map(parameter -> ",\n    " + parameter)
            .collect(Collectors.joining("", "(self: " + PrintedClasses.SELF, ""));
    return start + ") -> " + type + ":\n" + statements + "    return " + result + "\n";
  }

  private String fresh(String like) {
    String name = ModulePaths.isIdentifier(like) ? like : like + "_";
    String local = name;
    while (!taken.add(local)) {
      local = name + "_" + counts.merge(name, 1, Integer::sum);
    }
    return local;
  }
}
