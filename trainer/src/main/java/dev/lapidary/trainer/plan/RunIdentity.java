package dev.lapidary.trainer.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

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

  /**
   * The keys that the first runs had, behind the section they are in. It never grows: a key that is
   * not here is no part of the identity of a run that leaves it at its default.
   */
  private static final Set<String> FIRST =
      """
      / seed threads memory-megabytes device precision memory-format gradient-checkpointing
      / data model loss stages ema rounds checkpoints
      /data/ train val test val-split group-by format on-bad-image sampling cache-megabytes
      /data/ cache-features
      /model/ name arch file weights weights-sha256 min-match freeze-unloaded head dropout
      /model/ stochastic-depth input-size resize mean std
      /model/head/ name init dropout mlp
      /loss/ function label-smoothing class-weights auxiliary teacher distill-alpha
      /loss/ distill-temperature
      /stages/ name epochs batch-size train-only freeze gradual-unfreeze optimizer lr stem-lr
      /stages/ weight-decay decay-norms-and-biases layer-decay groups schedule clip augment
      /stages/ accumulate cache-variants
      /stages/optimizer/ kind momentum dampening nesterov beta1 beta2 eps alpha trust
      /stages/groups/ match lr weight-decay momentum
      /stages/schedule/ by warmup warmup-start shape
      /stages/schedule/shape/ kind size gamma milestones min cycles growth power rise divide
      /stages/schedule/shape/ final-divide patience threshold cooldown
      /stages/clip/ norm value
      /ema/ decay warmup
      /rounds/ world-size local-steps outer-lr outer-momentum
      /checkpoints/ every-steps every-minutes deliver patience keep-top
      """
          .lines()
          .map(line -> line.split(" "))
          .flatMap(words -> Arrays.stream(words).skip(1).map(key -> words[0] + key))
          .collect(Collectors.toUnmodifiableSet());

  private RunIdentity() {}

  /**
   * One line of JSON, without what may differ between equal runs (names of files and folders, what
   * is kept in memory): for the run's identity and its checkpoints. What came after the {@link
   * #FIRST} runs and is not asked for stays out, so that runs keep their identity.
   */
  public static String of(RunConfig config) {
    ObjectNode tree = RunYaml.tree(config);
    replacePaths(tree, path -> "-");
    dropUnasked(tree, RunYaml.YAML.valueToTree(RunDefaults.run()), "/");
    tree.put("memory-megabytes", 0);
    tree.put("device", config.firstDevice()); // a result does not depend on who computes it
    section(tree, "data").put("cache-megabytes", 0).put("cache-features", true);
    return asFirst(tree, config.channelsLast()).toString();
  }

  /**
   * The run with its files and folders called otherwise.
   *
   * @param called what is said in place of such a name
   */
  public static RunConfig withPaths(RunConfig config, UnaryOperator<String> called) {
    ObjectNode tree = RunYaml.YAML.valueToTree(config);
    replacePaths(tree, called);
    return RunYaml.parsed(tree, RunConfig.class);
  }

  private static void replacePaths(ObjectNode tree, UnaryOperator<String> called) {
    for (String key : PATHS) {
      ObjectNode section = section(tree, key.substring(0, key.indexOf('.')));
      String name = key.substring(key.indexOf('.') + 1);
      if (!section.get(name).isNull()) {
        section.put(name, called.apply(section.get(name).asText()));
      }
    }
  }

  private static void dropUnasked(JsonNode node, JsonNode usual, String path) {
    JsonNode unasked =
        node.has(RunYaml.KIND)
            ? RunKeys.kindDefaults(node.get(RunYaml.KIND).asText(), path)
            : node.isArray() ? usual.path(0) : usual;
    node.properties()
        .removeIf(
            f ->
                !FIRST.contains(path + f.getKey())
                    && f.getValue().equals(unasked.path(f.getKey())));
    node.properties()
        .forEach(f -> dropUnasked(f.getValue(), unasked.path(f.getKey()), path + f.getKey() + "/"));
    if (node.isArray()) {
      node.forEach(each -> dropUnasked(each, unasked, path));
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
    return leaves.get(of).entrySet().stream()
        .filter(
            own -> leaves.stream().anyMatch(all -> !own.getValue().equals(all.get(own.getKey()))))
        .map(own -> own.getKey() + "=" + own.getValue())
        .toList();
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
