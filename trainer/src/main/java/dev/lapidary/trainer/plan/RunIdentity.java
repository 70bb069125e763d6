package dev.lapidary.trainer.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What of a {@code run.yaml} makes two runs the same one, and what is not the same in several. */
public final class RunIdentity {
  private static final JsonMapper JSON = new JsonMapper();

  /** Keys that name files and folders. */
  private static final List<String> PATHS =
      List.of(
          "data.train",
          "data.val",
          "data.test",
          "data.source-data",
          "model.file",
          "model.weights",
          "loss.teacher");

  private RunIdentity() {}

  /**
   * One line of JSON, without what may differ between equal runs (names of files and folders, what
   * is kept in memory): for the run's identity and its checkpoints. What came after the first runs
   * and is not asked for stays out, so that runs keep their identity.
   */
  public static String of(RunConfig config) {
    ObjectNode tree = RunYaml.tree(config);
    hideNames(tree);
    dropUnasked(config, tree);
    tree.put("memory-megabytes", 0);
    tree.put("device", config.firstDevice()); // a result does not depend on who computes it
    section(tree, "data").put("cache-megabytes", 0).put("cache-features", true);
    return asFirst(tree, config.channelsLast()).toString();
  }

  private static void hideNames(ObjectNode tree) {
    for (String key : PATHS) {
      ObjectNode section = section(tree, key.substring(0, key.indexOf('.')));
      String name = key.substring(key.indexOf('.') + 1);
      if (!section.get(name).isNull()) {
        section.put(name, "-");
      }
    }
  }

  private static void dropUnasked(RunConfig config, ObjectNode tree) {
    if (config.model().interpolation().isEmpty()) {
      section(tree, "model").remove("interpolation");
    }
    if (config.model().alpha().isEmpty()) {
      section(tree, "model").remove("alpha");
    }
    if (config.model().minBatchNormMomentum().isEmpty()) {
      section(tree, "model").remove("min-batch-norm-momentum");
    }
    if (config.data().sourceData().isEmpty()) {
      section(tree, "data").remove(List.of("source-data", "source-weight"));
    }
    if (config.rounds().hasWorkers() && config.rounds().localStepsAfter() == 0) {
      section(tree, "rounds").remove("local-steps-after");
    }
    if (config.checkpoints().bestBy() == BestBy.ACCURACY) {
      section(tree, "checkpoints").remove("best-by");
    }
  }

  private static ObjectNode section(ObjectNode tree, String name) {
    return (ObjectNode) tree.get(name);
  }

  /** The memory format as the first runs said it, in the same order of the keys. */
  private static ObjectNode asFirst(ObjectNode tree, boolean channelsLast) {
    ObjectNode renamed = JSON.createObjectNode();
    for (Map.Entry<String, JsonNode> field : tree.properties()) {
      if (field.getKey().equals(RunYaml.MEMORY_FORMAT)) {
        renamed.put(RunYaml.CHANNELS_LAST, channelsLast);
      } else {
        renamed.set(field.getKey(), field.getValue());
      }
    }
    return renamed;
  }

  /** How the run of an identity was shared, in the words of its keys. */
  public static String rounds(String identity) {
    try {
      JsonNode rounds = JSON.readTree(identity).path("rounds");
      return rounds.isMissingNode() ? "one worker" : rounds.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("an identity is always JSON", e);
    }
  }

  /** The keys of a run that are not the same in all of them, as {@code key=value}. */
  public static List<String> differences(List<RunConfig> runs, int of) {
    List<Map<String, String>> leaves = new ArrayList<>();
    for (RunConfig run : runs) {
      Map<String, String> all = new LinkedHashMap<>();
      collect(RunYaml.tree(run), "", all);
      leaves.add(all);
    }
    List<String> own = new ArrayList<>();
    leaves
        .get(of)
        .forEach(
            (key, value) -> {
              if (leaves.stream().anyMatch(other -> !value.equals(other.get(key)))) {
                own.add(key + "=" + value);
              }
            });
    return own;
  }

  private static void collect(JsonNode node, String path, Map<String, String> all) {
    if (node.isObject()) {
      node.properties().forEach(f -> collect(f.getValue(), path + f.getKey() + ".", all));
    } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), path + i + ".", all);
      }
    } else {
      String text = node.isTextual() ? node.asText() : node.toString();
      all.put(path.substring(0, path.length() - 1), text);
    }
  }
}
