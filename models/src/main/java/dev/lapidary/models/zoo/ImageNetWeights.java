package dev.lapidary.models.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.ResourceText;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The weights that torchvision publishes for its networks, trained on ImageNet-1K; the resource
 * {@code imagenet-weights.json} says where the table is from. Those of SWAG, which have a licence
 * of their own, and those without a classifier are not offered, and asking for them says so.
 */
public final class ImageNetWeights {
  private static final String PREFIX = "IMAGENET1K_";

  /**
   * {@code imagenet}, {@code imagenet:v2}, {@code imagenet:IMAGENET1K_V2}, {@code IMAGENET1K_V2},
   * {@code DEFAULT}, {@code ResNet50_Weights.IMAGENET1K_V2}.
   */
  private static final Pattern WORD =
      Pattern.compile(
          "imagenet(?::(?<short>[\\w.]*))?|(?:\\w+_Weights\\.)?(?<tag>IMAGENET1K_\\w+|DEFAULT)",
          Pattern.CASE_INSENSITIVE);

  private static final class Read {
    static final JsonNode ROOT = json();
    static final List<PublishedWeights> ALL = all();
    static final List<String> LABELS = resource("imagenet-labels.txt").lines().toList();

    private static JsonNode json() {
      try {
        return new ObjectMapper().readTree(resource("imagenet-weights.json"));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the table is JSON", e);
      }
    }

    private static List<PublishedWeights> all() {
      List<PublishedWeights> all = new ArrayList<>();
      String base = ROOT.get("base").asText();
      ROOT.get("weights").forEach(entry -> all.add(weights(base, entry)));
      return List.copyOf(all);
    }

    private static String resource(String name) {
      return ResourceText.of(ImageNetWeights.class, name);
    }
  }

  private ImageNetWeights() {}

  /** Of one network, as torchvision orders them; empty if there are none. */
  public static List<PublishedWeights> of(Architecture architecture) {
    return Read.ALL.stream().filter(w -> w.architecture().equals(architecture.name())).toList();
  }

  /** ImageNet-1K's classes by index, in torchvision's words. */
  public static List<String> labels() {
    return Read.LABELS;
  }

  /** Whether {@code --weights} names published weights, and no file. */
  public static boolean isWord(String said) {
    return WORD.matcher(said).matches();
  }

  /**
   * The weights that a word means; {@code imagenet} alone means those that torchvision uses unless
   * told otherwise.
   *
   * @throws Failure (exit 2) if the network has none of that name, saying which it has
   */
  public static PublishedWeights find(Architecture architecture, String word) {
    String tag = tag(word);
    List<PublishedWeights> offered = of(architecture);
    leftOut(architecture, tag, offered);
    List<String> tags = offered.stream().map(PublishedWeights::tag).toList();
    if (tags.isEmpty()) {
      throw Failure.badInput(
          "%s has no ImageNet weights; give --weights a file, or see the column weights of trainer"
              + " archs",
          architecture.name());
    }
    return offered.stream()
        .filter(w -> tag.isEmpty() ? w.standard() : w.tag().equals(tag))
        .findFirst()
        .orElseThrow(
            () ->
                Failure.badInput(
                    "%s has no ImageNet weights %s%s; it has %s",
                    architecture.name(),
                    Quote.of(tag),
                    NearNames.hint(tag, tags),
                    String.join(", ", tags)));
  }

  /** The tag that a word says in any of its spellings; empty for the default. */
  private static String tag(String word) {
    Matcher said = WORD.matcher(word.strip());
    if (!said.matches()) {
      throw Failure.badInput(
          "%s names no published weights; expected imagenet, imagenet:v2 or a tag such as"
              + " IMAGENET1K_V2",
          Quote.of(word));
    }
    String text = Optional.ofNullable(said.group("tag")).orElse(said.group("short"));
    String tag = text == null ? "" : text.toUpperCase(Locale.ROOT);
    if (tag.isEmpty() || tag.equals("DEFAULT")) {
      return "";
    }
    return tag.startsWith(PREFIX) ? tag : PREFIX + tag;
  }

  /** Says why, if torchvision has these weights and this table does not offer them. */
  private static void leftOut(
      Architecture architecture, String tag, List<PublishedWeights> offered) {
    for (JsonNode entry : Read.ROOT.get("left-out")) {
      boolean named = entry.get("tag").asText().equals(tag);
      boolean only = tag.isEmpty() && offered.isEmpty();
      if (!entry.get("architecture").asText().equals(architecture.name()) || !(named || only)) {
        continue;
      }
      String address = Read.ROOT.get("base").asText() + entry.get("file").asText();
      if (entry.get("reason").asText().equals("licence")) {
        throw Failure.badInput(
            "the weights %s of %s are SWAG's, under a licence of their own (CC BY-NC 4.0,"
                + " github.com/facebookresearch/SWAG): if it suits you, give --weights %s with"
                + " their --input-size, --resize and --interpolation",
            entry.get("tag").asText(), architecture.name(), address);
      }
      throw Failure.badInput(
          "the weights %s of %s have no classifier, and want pixels scaled otherwise; for the"
              + " convolutions alone give --weights %s with --min-match 0.1, --mean and --std",
          entry.get("tag").asText(), architecture.name(), address);
    }
  }

  private static PublishedWeights weights(String base, JsonNode entry) {
    boolean undone = entry.get("transform-input").asBoolean();
    Preprocessing told =
        new Preprocessing(
            Resize.SHORTER_SIDE,
            entry.get("resize").asInt(),
            Interpolation.valueOf(entry.get("interpolation").asText().toUpperCase(Locale.ROOT)),
            entry.get("crop").asInt(),
            entry.get("crop").asInt(),
            floats(entry.get("mean")),
            floats(entry.get("std")),
            Colour.RGB);
    Preprocessing rule =
        undone
            ? Published.centred(told.resizeSize(), told.cropHeight(), told.interpolation())
            : told;
    return new PublishedWeights(
        entry.get("architecture").asText(),
        entry.get("tag").asText(),
        entry.get("standard").asBoolean(),
        base + entry.get("file").asText(),
        entry.get("sha256").asText(),
        rule,
        entry.get("top1").asDouble(),
        entry.get("top5").asDouble());
  }

  private static List<Float> floats(JsonNode numbers) {
    List<Float> floats = new ArrayList<>();
    numbers.forEach(number -> floats.add(number.floatValue()));
    return floats;
  }
}
