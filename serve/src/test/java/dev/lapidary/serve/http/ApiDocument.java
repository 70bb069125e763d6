package dev.lapidary.serve.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The OpenAPI document, and what it says of answers. */
final class ApiDocument {
  private final JsonNode root;

  ApiDocument(byte[] json) throws IOException {
    root = new JsonMapper().readTree(json);
  }

  /** {@code POST /predict}. */
  Set<String> operations() {
    Set<String> all = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : root.get("paths").properties()) {
      path.getValue()
          .fieldNames()
          .forEachRemaining(
              method -> all.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey()));
    }
    return all;
  }

  /** What it says of an operation's answer; missing if it says nothing. */
  JsonNode answer(String operation, int status) {
    String[] words = operation.split(" ");
    String method = words[0].toLowerCase(Locale.ROOT);
    JsonNode answers = root.get("paths").path(words[1]).path(method).path("responses");
    return resolved(answers.path(Integer.toString(status)));
  }

  /** Statuses of an operation, without those of HTTP itself. */
  Set<Integer> statuses(String operation) {
    String[] words = operation.split(" ");
    Set<Integer> all = new TreeSet<>();
    Iterator<String> names =
        root.get("paths")
            .path(words[1])
            .path(words[0].toLowerCase(Locale.ROOT))
            .path("responses")
            .fieldNames();
    names.forEachRemaining(
        name -> {
          if (!name.equals("default")) {
            all.add(Integer.parseInt(name));
          }
        });
    return all;
  }

  private JsonNode resolved(JsonNode node) {
    if (!node.has("$ref")) {
      return node;
    }
    JsonNode found = root.at(node.get("$ref").asText().substring(1));
    if (found.isMissingNode()) {
      throw new IllegalStateException("nothing is at " + node.get("$ref"));
    }
    return found;
  }

  /** All that is referred to is there. */
  void requireWhole() {
    root.findParents("$ref").forEach(this::resolved);
  }

  /** Where a value is not as its schema says; a field that no schema knows is wrong, too. */
  List<String> faults(JsonNode schema, JsonNode value) {
    List<String> faults = new ArrayList<>();
    check(schema, value, "", faults);
    return faults;
  }

  private void check(JsonNode named, JsonNode value, String place, List<String> faults) {
    JsonNode schema = resolved(named);
    if (schema.has("oneOf")) {
      long fits = 0;
      for (JsonNode one : schema.get("oneOf")) {
        fits += faults(one, value).isEmpty() ? 1 : 0;
      }
      if (fits != 1) {
        faults.add(place + " is " + fits + " of its kinds: " + value);
      }
      return;
    }
    String type = schema.path("type").asText();
    boolean right =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isTextual();
          case "boolean" -> value.isBoolean();
          case "integer" -> value.isIntegralNumber();
          case "number" -> value.isNumber();
          default -> true;
        };
    if (!right) {
      faults.add(place + " is " + value + ", not of type " + type);
    } else if (value.isObject()) {
      fields(schema, value, place, faults);
    } else if (value.isArray()) {
      value.forEach(each -> check(schema.path("items"), each, place + "[]", faults));
    }
  }

  private void fields(JsonNode schema, JsonNode value, String place, List<String> faults) {
    schema
        .path("required")
        .forEach(
            name -> {
              if (!value.has(name.asText())) {
                faults.add(place + " has no " + name);
              }
            });
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      JsonNode known = schema.path("properties").path(field.getKey());
      JsonNode other = schema.path("additionalProperties");
      boolean open = !schema.has("properties");
      if (known.isMissingNode() && other.isMissingNode() && !open) {
        faults.add(place + " has " + field.getKey() + ", which is not described");
      } else {
        JsonNode own = known.isMissingNode() ? other : known;
        check(own, field.getValue(), place + "." + field.getKey(), faults);
      }
    }
  }
}
