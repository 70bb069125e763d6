package dev.lapidary.runtime.model;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the user says of a model that does not say it itself. Nothing is guessed: a wrong guess
 * would answer, and be wrong.
 *
 * @param resize length of the shorter side before the crop, in pixels
 * @param interpolation the filter of that; bilinear unless given
 * @param crop the network's input, height and width, in pixels; not needed where the graph says it
 * @param mean by channel; R, G, B, or one value for a gray input
 * @param std by channel
 * @param labels a text file, one label a line
 */
public record PreprocessingOptions(
    Optional<Integer> resize,
    Optional<Preprocessing.Interpolation> interpolation,
    Optional<Integer> crop,
    List<Float> mean,
    List<Float> std,
    Optional<Path> labels) {

  public static final PreprocessingOptions NONE =
      new PreprocessingOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          Optional.empty());

  public PreprocessingOptions {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /**
   * @param inputShape N, C, H, W of the graph's input; -1 where it is open
   * @param format whose card is missing
   * @throws Failure (exit 2) naming what is missing
   */
  Preprocessing preprocessing(long[] inputShape, ModelFormat format, String source) {
    boolean hasCrop = crop.isPresent() || (inputShape[2] > 0 && inputShape[3] > 0);
    List<String> missing =
        Stream.of(
                resize.isPresent() ? "" : "--resize",
                hasCrop ? "" : "--crop",
                mean.isEmpty() ? "--mean" : "",
                std.isEmpty() ? "--std" : "")
            .filter(option -> !option.isEmpty())
            .toList();
    if (!missing.isEmpty()) {
      throw Failure.badInput(
          "[%s] it does not say how its images are preprocessed (no %s); give %s, or export it with"
              + " exporter %s",
          source, format.card(), String.join(", ", missing), format.command());
    }
    try {
      return new Preprocessing(
          Preprocessing.Resize.SHORTER_SIDE,
          resize.orElseThrow(),
          interpolation.orElse(Preprocessing.Interpolation.BILINEAR),
          crop.orElseGet(() -> Math.toIntExact(inputShape[2])),
          crop.orElseGet(() -> Math.toIntExact(inputShape[3])),
          mean,
          std,
          mean.size() == 1 ? Preprocessing.Colour.GRAY : Preprocessing.Colour.RGB);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput(
          "[%s] %s; see --resize, --crop, --mean, --std", source, Failure.reason(e));
    }
  }

  /** Refuses (exit 2) options that a card already answers. */
  void requireNoneWithCard(String source) {
    if (resize.isPresent()
        || interpolation.isPresent()
        || crop.isPresent()
        || !mean.isEmpty()
        || !std.isEmpty()) {
      throw Failure.badInput(
          "[%s] its card sets the preprocessing; leave out --resize, --interpolation, --crop,"
              + " --mean and --std",
          source);
    }
  }
}
