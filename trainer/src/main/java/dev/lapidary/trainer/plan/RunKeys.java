package dev.lapidary.trainer.plan;

import static dev.lapidary.trainer.plan.RunYaml.KIND;
import static dev.lapidary.trainer.plan.RunYaml.YAML;
import static dev.lapidary.trainer.plan.RunYaml.firstLine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of a configuration's tree: found with near names, and set. What has kinds, an optimizer
 * or a schedule's shape, becomes another kind with all of its defaults.
 */
final class RunKeys {
  private RunKeys() {}

  static void put(ObjectNode tree, Setting setting) {
    String[] keys = setting.key().split("\\.");
    ObjectNode section = tree;
    for (int i = 0; i < keys.length - 1; i++) {
      section = (ObjectNode) child(section, keys[i], setting.key());
    }
    String last = keys[keys.length - 1];
    JsonNode old = child(section, last, setting.key());
    section.set(
        last,
        old.has(KIND)
            ? kindDefaults(String.valueOf(setting.value()), setting.key())
            : YAML.valueToTree(setting.value()));
  }

  /**
   * @param assignment such as {@code stages.1.batch-size=4}; the value is YAML
   * @param source for messages
   */
  static void assign(JsonNode tree, String assignment, String source) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw Failure.badInput("%s: expected key=value, as in stages.0.lr=0.01", source);
    }
    String[] keys = assignment.substring(0, equals).split("\\.");
    JsonNode at = tree;
    for (int i = 0; i < keys.length - 1; i++) {
      at = child(at, keys[i], source);
    }
    String last = keys[keys.length - 1];
    JsonNode value = value(assignment.substring(equals + 1), source);
    if (last.equals(KIND) && at instanceof ObjectNode object) {
      object.removeAll();
      object.setAll(kindDefaults(value.asText(), source));
    } else if (at instanceof ObjectNode object) {
      child(at, last, source);
      object.set(last, value);
    } else if (at instanceof ArrayNode array) {
      child(at, last, source);
      array.set(Integer.parseInt(last), value);
    } else {
      throw Failure.badInput("%s: %s holds no keys", source, String.join(".", keys));
    }
  }

  private static JsonNode child(JsonNode parent, String key, String source) {
    JsonNode child =
        parent.isArray()
            ? (key.matches("\\d{1,6}") ? parent.get(Integer.parseInt(key)) : null)
            : parent.get(key);
    if (child != null) {
      return child;
    }
    if (parent.isArray()) {
      throw Failure.badInput(
          "%s: there is no %s; the list has %d, counted from 0", source, key, parent.size());
    }
    List<String> known = parent.properties().stream().map(Map.Entry::getKey).toList();
    List<String> deeper = pathsTo(key, parent, "");
    throw Failure.badInput(
        "%s: there is no key %s among %s%s",
        source,
        key,
        known,
        deeper.isEmpty()
            ? NearNames.hint(key, known)
            : "; did you mean " + String.join(" or ", deeper) + "?");
  }

  /** Where a key stands below a node: of {@code lr}, {@code stages.0.lr}. */
  private static List<String> pathsTo(String key, JsonNode node, String path) {
    List<String> found = new ArrayList<>();
    if (node.isObject()) {
      if (node.has(key) && !path.isEmpty()) {
        found.add(path + key);
      }
      node.properties()
          .forEach(f -> found.addAll(pathsTo(key, f.getValue(), path + f.getKey() + ".")));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      found.addAll(pathsTo(key, node.get(i), path + i + "."));
    }
    return found;
  }

  private static JsonNode value(String text, String source) {
    try {
      JsonNode value = YAML.readTree(text);
      return value.isMissingNode() ? YAML.getNodeFactory().textNode("") : value;
    } catch (JsonProcessingException e) {
      throw Failure.badInput("%s: the value is not YAML: %s", source, firstLine(e));
    }
  }

  /** What is given, put over what there is. */
  static ObjectNode merge(ObjectNode base, JsonNode over, String source) {
    JsonNode kind = over.get(KIND);
    if (kind != null && !kind.equals(base.get(KIND))) {
      base.removeAll();
      base.setAll(kindDefaults(kind.asText(), source));
    }
    for (Map.Entry<String, JsonNode> field : over.properties()) {
      JsonNode old = base.get(field.getKey());
      if (old instanceof ObjectNode object && field.getValue().isObject()) {
        merge(object, field.getValue(), source);
      } else {
        base.set(field.getKey(), field.getValue());
      }
    }
    return base;
  }

  /** An optimizer or a schedule's shape, with all of its defaults. */
  static ObjectNode kindDefaults(String kind, String source) {
    Map<String, Object> all = new LinkedHashMap<>(RunDefaults.OPTIMIZERS);
    all.putAll(RunDefaults.SHAPES);
    Object found = all.get(kind);
    if (found == null) {
      throw Failure.badInput(
          "[%s] there is no kind %s among %s%s",
          source, kind, all.keySet(), NearNames.hint(kind, all.keySet()));
    }
    return YAML.valueToTree(found);
  }
}
