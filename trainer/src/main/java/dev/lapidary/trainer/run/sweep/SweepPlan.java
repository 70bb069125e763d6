package dev.lapidary.trainer.run.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What a sweep tries: {@code grid.yaml}. What its run leaves out has the defaults of run.yaml, but
 * that the best epoch is chosen as {@code trainer run} chooses it, by what the classes ask for.
 *
 * @param candidates every combination of the grid's values, in its order
 * @param epochs of the last stage, rung by rung, rising
 * @param keep one of so many candidates goes on to the next rung
 */
record SweepPlan(List<Candidate> candidates, List<Integer> epochs, int keep) {
  private static final List<String> KEYS = List.of("run", "grid", "epochs", "keep");
  private static final int MAX = 10_000;
  private static final YAMLMapper YAML = new YAMLMapper();

  /**
   * @param settings assignments such as {@code stages.0.lr=0.001}
   */
  record Candidate(List<String> settings, RunConfig config) {

    /** With another length of the last stage. */
    RunConfig trained(int epochs) {
      int last = config.stages().size() - 1;
      return RunYaml.with(config, "stages.%d.epochs=%d".formatted(last, epochs));
    }
  }

  /**
   * @param source the file's name, for messages
   * @throws Failure (exit 2) for anything that is no grid
   */
  static SweepPlan read(String yaml, String source) {
    JsonNode tree = tree(yaml, source);
    RunConfig read = RunYaml.read(tree.path("run").toString(), source + ": run");
    RunConfig base =
        tree.path("run").path("checkpoints").has("best-by")
            ? read
            : RunYaml.with(read, "checkpoints.best-by=auto");
    List<List<String>> combinations = combinations(tree.path("grid"), source);
    List<Candidate> candidates = new ArrayList<>();
    for (List<String> settings : combinations) {
      RunConfig config = base;
      for (String setting : settings) {
        config = RunYaml.with(config, setting, "[%s] grid, %s".formatted(source, setting));
      }
      candidates.add(new Candidate(settings, config));
    }
    int keep = tree.path("keep").asInt(3);
    List<Integer> epochs = epochs(tree.path("epochs"), source);
    if (keep < 2) {
      throw Failure.badInput(
          "[%s] keep must be at least 2, one of so many, but is %d", source, keep);
    }
    return new SweepPlan(candidates, epochs, keep);
  }

  private static JsonNode tree(String yaml, String source) {
    try {
      if (!(YAML.readTree(yaml) instanceof ObjectNode object) || !object.has("run")) {
        throw Failure.badInput(
            "[%s] expected the keys run (as in run.yaml), grid (a key of it: a list of values),"
                + " epochs (a list, such as [1, 3, 9]) and keep",
            source);
      }
      for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        if (!KEYS.contains(name)) {
          throw Failure.badInput(
              "[%s] there is no key %s among %s%s", source, name, KEYS, NearNames.hint(name, KEYS));
        }
      }
      return object;
    } catch (JsonProcessingException e) {
      throw Failure.badInput("[%s] is not YAML: %s", source, e.getOriginalMessage());
    }
  }

  private static List<List<String>> combinations(JsonNode grid, String source) {
    List<List<String>> all = new ArrayList<>(List.of(List.of()));
    for (Map.Entry<String, JsonNode> key : grid.properties()) {
      if (!key.getValue().isArray() || key.getValue().isEmpty()) {
        throw Failure.badInput(
            "[%s] grid.%s must be a list of values but is %s",
            source, key.getKey(), key.getValue());
      }
      List<List<String>> longer = new ArrayList<>();
      for (List<String> before : all) {
        for (JsonNode value : key.getValue()) {
          List<String> with = new ArrayList<>(before);
          with.add(key.getKey() + "=" + (value.isTextual() ? value.asText() : value.toString()));
          longer.add(with);
        }
      }
      all = longer;
      if (all.size() > MAX) {
        throw Failure.badInput("[%s] the grid has more than %d combinations", source, MAX);
      }
    }
    if (all.size() < 2) {
      throw Failure.badInput(
          "[%s] grid has %d combination; give keys of run.yaml, each with a list of values",
          source, all.size());
    }
    return all;
  }

  private static List<Integer> epochs(JsonNode given, String source) {
    List<Integer> epochs = YAML.convertValue(given, new TypeReference<List<Integer>>() {});
    boolean rising = epochs != null && !epochs.isEmpty() && epochs.get(0) >= 1;
    for (int i = 1; rising && i < epochs.size(); i++) {
      rising = epochs.get(i) > epochs.get(i - 1);
    }
    if (!rising) {
      throw Failure.badInput(
          "[%s] epochs must be a rising list from 1 on, such as [1, 3, 9], but is %s",
          source, given);
    }
    return epochs;
  }
}
