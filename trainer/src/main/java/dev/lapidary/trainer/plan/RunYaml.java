package dev.lapidary.trainer.plan;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.trainer.program.UpdateRule;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads and writes {@code run.yaml}: YAML 1.1 with the fields of {@link RunConfig} in kebab-case.
 * What a file leaves out has its default; a key that does not exist is refused with near names.
 */
public final class RunYaml {
  static final String KIND = "kind";
  private static final String STAGES = "stages";
  private static final String BATCH_SIZE = "batch-size";

  /** A batch size that is still to be found, as the record has it and as people write it. */
  private static final JsonNode AUTO = IntNode.valueOf(StageConfig.AUTO);

  private static final JsonNode AUTO_TEXT = TextNode.valueOf("auto");
  static final String MEMORY_FORMAT = "memory-format";

  /** What the key was, true or false, before there was a choice. */
  static final String CHANNELS_LAST = "channels-last";

  static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .disable(YAMLGenerator.Feature.USE_NATIVE_TYPE_ID)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .build())
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .addMixIn(UpdateRule.class, ByKind.class)
          .addMixIn(Schedule.Shape.class, ByKind.class)
          .build();

  static {
    RunDefaults.OPTIMIZERS.forEach((name, rule) -> register(name, rule.getClass()));
    RunDefaults.SHAPES.forEach((name, shape) -> register(name, shape.getClass()));
  }

  private static void register(String name, Class<?> type) {
    YAML.registerSubtypes(new NamedType(type, name));
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  private interface ByKind {}

  private RunYaml() {}

  public static String write(RunConfig config) {
    try {
      JsonNode tree = tree(config);
      replaceBatchSizes(tree, AUTO, AUTO_TEXT);
      return YAML.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a configuration is always YAML", e);
    }
  }

  /** What a file or an option says by the old key. */
  private static void renameOld(ObjectNode given) {
    JsonNode old = given.remove(CHANNELS_LAST);
    if (old != null) {
      MemoryFormat format = old.asBoolean() ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS;
      given.put(MEMORY_FORMAT, format.name());
    }
  }

  /** The keys in their order; of rounds without workers there is nothing to say. */
  static ObjectNode tree(RunConfig config) {
    ObjectNode tree = YAML.valueToTree(config);
    if (!config.rounds().hasWorkers()) {
      tree.remove("rounds");
    }
    return tree;
  }

  /**
   * A key with what it is to be.
   *
   * @param value a number, a text, a list or an optional one of them; of an optimizer or a
   *     schedule's shape its kind, which brings its defaults
   */
  public record Setting(String key, Object value) {}

  /**
   * RunDefaults, but for these keys.
   *
   * @param stages for each stage its keys, without {@code stages.0.}
   * @throws IllegalArgumentException if the records refuse it
   */
  public static RunConfig of(List<Setting> run, List<List<Setting>> stages) {
    ObjectNode tree = YAML.valueToTree(RunDefaults.run());
    ArrayNode all = tree.putArray(STAGES);
    stages.forEach(settings -> all.add(YAML.<JsonNode>valueToTree(RunDefaults.stage())));
    return changed(tree, run, stages);
  }

  /**
   * A run with these keys changed.
   *
   * @param stages for each stage of it its keys, without {@code stages.0.}
   * @throws IllegalArgumentException if the records refuse it
   */
  public static RunConfig with(RunConfig config, List<Setting> run, List<List<Setting>> stages) {
    return changed(YAML.valueToTree(config), run, stages);
  }

  private static RunConfig changed(ObjectNode tree, List<Setting> run, List<List<Setting>> stages) {
    put(tree, run);
    for (int i = 0; i < stages.size(); i++) {
      put((ObjectNode) tree.get(STAGES).get(i), stages.get(i));
    }
    return parsed(tree, RunConfig.class);
  }

  /**
   * A record of a configuration with these of its keys changed.
   *
   * @throws IllegalArgumentException if the record refuses it
   */
  @SuppressWarnings("unchecked") // a record's class is final
  static <T extends Record> T changed(T record, List<Setting> settings) {
    return parsed(put(YAML.valueToTree(record), settings), (Class<T>) record.getClass());
  }

  private static ObjectNode put(ObjectNode tree, List<Setting> settings) {
    settings.forEach(setting -> RunKeys.put(tree, setting));
    return tree;
  }

  static <T> T parsed(ObjectNode tree, Class<T> type) {
    try {
      return YAML.treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(reason(e), e);
    }
  }

  /** The default of a key, as a flag gives it. {@code stages.} is any stage. */
  public static Optional<String> defaultOf(String key) {
    JsonNode tree = YAML.valueToTree(RunDefaults.run());
    JsonNode node = tree.at("/" + key.replace("stages.", "stages.0.").replace('.', '/'));
    if (node.isArray() || node.isNull() || node.isBoolean()) {
      return Optional.empty();
    }
    if (node.isDouble()) {
      return Optional.of(node.asText().replace(".0E", "e").replaceFirst("\\.0$", ""));
    }
    String text = node.has(KIND) ? node.get(KIND).asText() : node.asText();
    return Optional.of(text.matches("[A-Z_0-9]+") ? text.toLowerCase(Locale.ROOT) : text);
  }

  /**
   * @param source the file's name, for messages
   * @throws Failure (exit 2) for anything that is no configuration
   */
  public static RunConfig read(String yaml, String source) {
    JsonNode given;
    try {
      given = YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw Failure.badInput("[%s] is not YAML: %s", source, firstLine(e));
    }
    if (!(given instanceof ObjectNode object)) {
      throw Failure.badInput("[%s] holds no keys; see the run.yaml of any run directory", source);
    }
    renameOld(object);
    return parse(completed(object, source), source);
  }

  /**
   * The configuration with one key changed.
   *
   * @param assignment such as {@code stages.1.batch-size=4}; the value is YAML
   */
  public static RunConfig with(RunConfig config, String assignment) {
    return with(config, assignment, "--set " + assignment);
  }

  /**
   * The same of an assignment that stands somewhere else.
   *
   * @param source for messages
   */
  public static RunConfig with(RunConfig config, String assignment, String source) {
    JsonNode tree = YAML.valueToTree(config);
    RunKeys.assign(tree, assignment, source);
    return parse(tree, source);
  }

  /** RunDefaults with what is given put over them. */
  private static JsonNode completed(ObjectNode given, String source) {
    ObjectNode whole = YAML.valueToTree(RunDefaults.run());
    ObjectNode model = (ObjectNode) whole.get("model");
    model.putNull("arch");
    ((ObjectNode) whole.get("data")).put("train", "");
    JsonNode stages = given.get(STAGES);
    ArrayNode completedStages = YAML.createArrayNode();
    if (stages != null && stages.isArray()) {
      for (JsonNode stage : stages) {
        ObjectNode defaults = YAML.valueToTree(RunDefaults.stage());
        completedStages.add(stage.isObject() ? RunKeys.merge(defaults, stage, source) : stage);
      }
    }
    RunKeys.merge(whole, given, source);
    if (stages != null) {
      whole.set(STAGES, stages.isArray() ? completedStages : stages);
    }
    return whole;
  }

  private static RunConfig parse(JsonNode tree, String source) {
    replaceBatchSizes(tree, AUTO_TEXT, AUTO);
    try {
      return YAML.treeToValue(tree, RunConfig.class);
    } catch (UnrecognizedPropertyException e) {
      List<String> known = e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
      throw Failure.badInput(
          "[%s] there is no key %s among %s%s",
          source, path(e), known, NearNames.hint(e.getPropertyName(), known));
    } catch (InvalidFormatException e) {
      throw Failure.badInput("[%s] %s cannot be %s", source, path(e), e.getValue());
    } catch (JsonProcessingException e) {
      throw Failure.badInput("[%s] %s", source, reason(e));
    }
  }

  private static void replaceBatchSizes(JsonNode tree, JsonNode from, JsonNode to) {
    for (JsonNode stage : tree.path(STAGES)) {
      if (stage instanceof ObjectNode object && from.equals(stage.get(BATCH_SIZE))) {
        object.set(BATCH_SIZE, to);
      }
    }
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(at -> at.getFieldName() == null ? "" + at.getIndex() : at.getFieldName())
        .collect(Collectors.joining("."));
  }

  /** Of a record that refuses its parts, its own words. */
  private static String reason(JsonProcessingException e) {
    return e.getCause() == null ? firstLine(e) : String.valueOf(e.getCause().getMessage());
  }

  static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("no message");
  }
}
