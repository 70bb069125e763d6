package dev.lapidary.models.zoo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code preprocessor_config.json} of transformers ({@code image_processing_*.py}), as far as a
 * {@link Preprocessing} can say the same.
 */
final class TransformersPreprocessing {
  private static final String FILE = "preprocessor_config.json: ";

  /** Of these a size that is one number is the shorter side's; of others it is a square's. */
  private static final String SHORTER =
      "(ConvNext|CLIP|Bit|Levit|MobileNetV1|MobileNetV2|PoolFormer|Swiftformer).*";

  /** ConvNext resizes to the whole of the input from here on, without a crop. */
  private static final int WITHOUT_CROP = 384;

  /** By Pillow's numbers. */
  private static final List<Interpolation> FILTERS =
      List.of(
          Interpolation.NEAREST,
          Interpolation.LANCZOS,
          Interpolation.BILINEAR,
          Interpolation.BICUBIC);

  private TransformersPreprocessing() {}

  /**
   * @throws IllegalArgumentException for what cannot be said, or is no configuration
   */
  static Preprocessing of(JsonNode config) {
    String older = config.path("feature_extractor_type").asText();
    String type = config.path("image_processor_type").asText(older);
    Fit fit = config.path("do_resize").asBoolean(true) ? resized(config, type) : cropped(config);
    if (fit.height != fit.width) {
      throw new IllegalArgumentException(
          FILE
              + "an input of %dx%d; networks of the zoo take squares"
                  .formatted(fit.height, fit.width));
    }
    boolean normalized = config.path("do_normalize").asBoolean(true);
    List<Float> mean = normalized ? numbers(FILE, config, "image_mean") : List.of(0f, 0f, 0f);
    List<Float> std = normalized ? numbers(FILE, config, "image_std") : List.of(1f, 1f, 1f);
    // x * factor - offset, then (x - mean) / std; here x is divided by 255 first.
    double factor =
        config.path("do_rescale").asBoolean(true)
            ? config.path("rescale_factor").asDouble(1 / 255.0)
            : 1;
    double offset = config.path("rescale_offset").asBoolean(false) ? 1 : 0;
    boolean usual = Math.abs(255 * factor - 1) < 1e-6 && offset == 0;
    if (!(factor > 0)) {
      throw new IllegalArgumentException(FILE + "rescale_factor must be positive: " + factor);
    }
    return new Preprocessing(
        fit.resize,
        fit.shorterSide,
        interpolation(config),
        fit.height,
        fit.width,
        usual ? mean : scaled(mean, offset, 255 * factor),
        usual ? std : scaled(std, 0, 255 * factor),
        Colour.RGB);
  }

  private record Fit(Resize resize, int shorterSide, int height, int width) {
    static Fit exactly(int height, int width) {
      return new Fit(Resize.EXACT, 0, height, width);
    }
  }

  private static Fit resized(JsonNode config, String type) {
    JsonNode size = config.path("size");
    boolean shorter = size.has("shortest_edge") || (size.isInt() && type.matches(SHORTER));
    boolean exact = size.has("height") && size.has("width");
    if (!shorter && !exact && !size.isInt()) {
      throw new IllegalArgumentException(
          FILE + "size is " + size + "; expected a number, shortest_edge, or height and width");
    }
    if (!shorter) {
      int height = exact ? positive(size, "height") : positive(config, "size");
      int width = exact ? positive(size, "width") : height;
      return croppedExactly(config, height, width);
    }
    int side = size.isInt() ? positive(config, "size") : positive(size, "shortest_edge");
    if (type.startsWith("ConvNext") || config.has("crop_pct")) {
      double part = config.path("crop_pct").asDouble(224 / 256.0);
      if (!(part > 0 && part <= 1)) {
        throw new IllegalArgumentException(FILE + "crop_pct must lie in (0, 1]: " + part);
      }
      return side >= WITHOUT_CROP
          ? Fit.exactly(side, side)
          : new Fit(Resize.SHORTER_SIDE, (int) (side / part), side, side);
    }
    if (!config.path("do_center_crop").asBoolean(true)) {
      throw new IllegalArgumentException(
          FILE
              + "the shorter side becomes %d and nothing is cropped: images keep their aspect, and an"
                  .formatted(side)
              + " input has one size");
    }
    Fit crop = crop(config, side);
    return new Fit(Resize.SHORTER_SIDE, side, crop.height, crop.width);
  }

  private static Fit croppedExactly(JsonNode config, int height, int width) {
    Fit crop =
        config.path("do_center_crop").asBoolean(false)
            ? crop(config, height)
            : Fit.exactly(height, width);
    if (crop.height != height || crop.width != width) {
      throw new IllegalArgumentException(
          FILE
              + "a resize to %dx%d and a crop of %dx%d out of that cannot be followed; take the"
                  .formatted(height, width, crop.height, crop.width)
              + " file instead of the folder, with --resize");
    }
    return Fit.exactly(height, width);
  }

  private static Fit cropped(JsonNode config) {
    Fit crop = crop(config, 0);
    return new Fit(Resize.NONE, 0, crop.height, crop.width);
  }

  private static Fit crop(JsonNode config, int otherwise) {
    JsonNode size = config.path("crop_size");
    if (size.isMissingNode() && otherwise > 0) {
      return Fit.exactly(otherwise, otherwise);
    }
    return size.isObject()
        ? Fit.exactly(positive(size, "height"), positive(size, "width"))
        : Fit.exactly(positive(config, "crop_size"), positive(config, "crop_size"));
  }

  private static Interpolation interpolation(JsonNode config) {
    int filter = config.path("resample").asInt(FILTERS.indexOf(Interpolation.BILINEAR));
    if (filter < 0 || filter >= FILTERS.size()) {
      throw new IllegalArgumentException(
          FILE + "resample " + filter + " (box or hamming) is no filter here; expected 0 to 3");
    }
    return FILTERS.get(filter);
  }

  private static int positive(JsonNode parent, String key) {
    int value = parent.path(key).asInt(0);
    if (value < 1) {
      throw new IllegalArgumentException(
          FILE + key + " must be a positive number: " + parent.path(key));
    }
    return value;
  }

  /**
   * One a channel.
   *
   * @param place for messages
   */
  static List<Float> numbers(String place, JsonNode config, String key) {
    List<Float> numbers = new ArrayList<>();
    config.path(key).forEach(number -> numbers.add(number.floatValue()));
    if (numbers.size() != 3) {
      throw new IllegalArgumentException(
          place + key + " must have three numbers: " + config.path(key));
    }
    return numbers;
  }

  private static List<Float> scaled(List<Float> numbers, double plus, double factor) {
    return numbers.stream().map(number -> (float) ((number + plus) / factor)).toList();
  }
}
