package dev.lapidary.models.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A folder of weights as Hugging Face's hub has them: {@code model.safetensors} or {@code
 * pytorch_model.bin}, whole or in shards, with {@code config.json} of transformers or timm, and
 * {@code preprocessor_config.json} of transformers.
 *
 * @param weights the file, or the index of its shards
 * @param labels of the head by index; empty if the configuration names none
 */
record HuggingFaceFolder(
    Path weights, Optional<Preprocessing> preprocessing, List<String> labels, Activation activation)
    implements WeightsChoice {
  private static final String CONFIG = "config.json";
  private static final String PREPROCESSOR = "preprocessor_config.json";
  private static final String GELU = "gelu";

  /** Features of a ViT's head, and of ViT-H's, which has 1280 in all. */
  private static final int HEAD = 64;

  private static final int HUGE = 1280;
  private static final int HUGE_HEAD = 80;

  private static final List<String> FILES =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  /** A configuration with 21,843 labels has 1 MB. */
  private static final long MAX_BYTES = 16 << 20;

  HuggingFaceFolder {
    labels = List.copyOf(labels);
  }

  /**
   * @throws Failure (exit 2) without a file of weights, or for a configuration that cannot be
   *     followed
   */
  static HuggingFaceFolder of(Path folder) {
    Path weights =
        FILES.stream()
            .map(folder::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "[%s] the folder holds no weights: expected model.safetensors or"
                            + " pytorch_model.bin, as Hugging Face has them, or give the file"
                            + " itself",
                        folder.getFileName()));
    Optional<JsonNode> config = json(folder.resolve(CONFIG));
    try {
      config.ifPresent(HuggingFaceFolder::requireKnown);
      return new HuggingFaceFolder(
          weights,
          preprocessing(config, json(folder.resolve(PREPROCESSOR))),
          config.map(HuggingFaceFolder::classes).orElse(List.of()),
          config.map(HuggingFaceFolder::activation).orElse(Activation.SOFTMAX));
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("[%s] %s", folder.getFileName(), String.valueOf(e.getMessage()));
    }
  }

  /** What names and shapes of weights do not tell, and would make other answers. */
  private static void requireKnown(JsonNode config) {
    String type = config.path("model_type").asText();
    String activation = config.path("hidden_act").asText(GELU);
    if ((type.equals("vit") || type.equals("convnext")) && !activation.equals(GELU)) {
      throw new IllegalArgumentException(
          "%s: hidden_act is %s; a %s of the zoo has gelu".formatted(CONFIG, activation, type));
    }
    int features = config.path("hidden_size").asInt();
    int heads = config.path("num_attention_heads").asInt();
    int width = features == HUGE ? HUGE_HEAD : HEAD;
    if (type.equals("vit") && heads > 0 && features != heads * width) {
      throw new IllegalArgumentException(
          "%s: %d features in %d heads; a ViT of the zoo has %d a head"
              .formatted(CONFIG, features, heads, width));
    }
  }

  private static Optional<Preprocessing> preprocessing(
      Optional<JsonNode> config, Optional<JsonNode> preprocessor) {
    if (preprocessor.isPresent()) {
      return Optional.of(TransformersPreprocessing.of(preprocessor.get()));
    }
    return config
        .map(c -> c.path("pretrained_cfg"))
        .filter(c -> c.has("input_size"))
        .map(TimmPreprocessing::of);
  }

  private static List<String> classes(JsonNode config) {
    if (config.path("id2label").isObject()) {
      return named(config.get("id2label"));
    }
    if (config.path("label_names").isArray()) {
      List<String> names = new ArrayList<>();
      config.get("label_names").forEach(name -> names.add(name.asText()));
      return distinct(names);
    }
    boolean imageNet =
        config.path("pretrained_cfg").path("tag").asText().endsWith("in1k")
            && config.path("num_classes").asInt() == ImageNetWeights.labels().size();
    return imageNet ? ImageNetWeights.labels() : List.of();
  }

  /** {@code LABEL_0} and so on are what transformers writes where nobody named the classes. */
  private static List<String> named(JsonNode byIndex) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < byIndex.size(); i++) {
      JsonNode name = byIndex.get(Integer.toString(i));
      if (name == null || !name.isTextual() || name.asText().isBlank()) {
        throw new IllegalArgumentException(
            CONFIG + ": id2label has " + byIndex.size() + " entries but no name for class " + i);
      }
      names.add(name.asText().strip());
    }
    boolean unnamed = names.stream().allMatch(name -> name.matches("LABEL_\\d+"));
    return unnamed ? List.of() : distinct(names);
  }

  /** ImageNet has two cranes: the second of a name gets its index. */
  private static List<String> distinct(List<String> names) {
    Map<String, Integer> taken = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      taken.put(taken.containsKey(name) ? name + " (" + i + ")" : name, i);
    }
    return List.copyOf(taken.keySet());
  }

  private static Activation activation(JsonNode config) {
    return config.path("problem_type").asText().equals("multi_label_classification")
        ? Activation.SIGMOID
        : Activation.SOFTMAX;
  }

  private static Optional<JsonNode> json(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw Failure.badInput(
            "[%s] has %d bytes; a configuration has at most %d",
            file.getFileName(), Files.size(file), MAX_BYTES);
      }
      JsonNode read = new ObjectMapper().readTree(Files.readAllBytes(file));
      if (!read.isObject()) {
        throw Failure.badInput("[%s] is no JSON object", file.getFileName());
      }
      return Optional.of(read);
    } catch (JsonProcessingException e) {
      throw Failure.badInput("[%s] is not JSON: %s", file.getFileName(), e.getOriginalMessage());
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", file.getFileName(), Failure.reason(e));
    }
  }

  @Override
  public String name() {
    return String.valueOf(weights.getFileName());
  }

  @Override
  public String title() {
    return labels.isEmpty()
        ? name() + " of a Hugging Face folder"
        : "%s of a Hugging Face folder, %d labels".formatted(name(), labels.size());
  }

  @Override
  public String location() {
    return weights.toString();
  }
}
