package dev.lapidary.models.zoo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import java.util.List;
import java.util.Locale;

/**
 * {@code pretrained_cfg} of timm's {@code config.json} ({@code timm/data/transforms_factory.py}, of
 * validation), as far as a {@link Preprocessing} can say the same.
 */
final class TimmPreprocessing {
  private static final String PRETRAINED_CFG = "config.json: pretrained_cfg.";
  private static final double CROP = 0.875;

  private TimmPreprocessing() {}

  /**
   * @throws IllegalArgumentException for what cannot be said, or is no configuration
   */
  static Preprocessing of(JsonNode config) {
    JsonNode size = config.path("input_size");
    int height = size.path(1).asInt(0);
    int width = size.path(2).asInt(0);
    if (size.size() != 3 || size.path(0).asInt() != 3 || height < 1 || height != width) {
      throw new IllegalArgumentException(
          PRETRAINED_CFG + "input_size is " + size + "; expected [3, side, side]");
    }
    double part = config.path("crop_pct").asDouble(CROP);
    String mode = config.path("crop_mode").asText("center");
    boolean centre = mode.equals("center");
    if (!(part > 0 && part <= 1) || !(centre || (mode.equals("squash") && part == 1))) {
      throw new IllegalArgumentException(
          PRETRAINED_CFG
              + "crop_mode %s with crop_pct %s cannot be followed; take the file instead of the"
                  .formatted(mode, part)
              + " folder, with --resize");
    }
    return new Preprocessing(
        centre ? Resize.SHORTER_SIDE : Resize.EXACT,
        centre ? (int) Math.floor(height / part) : 0,
        interpolation(config.path("interpolation").asText("bilinear")),
        height,
        width,
        numbers(config, "mean", List.of(0.485f, 0.456f, 0.406f)),
        numbers(config, "std", List.of(0.229f, 0.224f, 0.225f)),
        Colour.RGB);
  }

  private static Interpolation interpolation(String name) {
    String filter = name.equals("random") ? "bilinear" : name;
    try {
      return Interpolation.valueOf(filter.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          PRETRAINED_CFG
              + "interpolation %s is no filter here; expected nearest, bilinear, bicubic or lanczos"
                  .formatted(name),
          e);
    }
  }

  private static List<Float> numbers(JsonNode config, String key, List<Float> otherwise) {
    return config.has(key)
        ? TransformersPreprocessing.numbers(PRETRAINED_CFG, config, key)
        : otherwise;
  }
}
