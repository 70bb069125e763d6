package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.EpochOrder;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The images, and how they are visited.
 *
 * @param train the images
 * @param val images to validate on; if absent, a part of {@code train} by {@code valSplit}
 * @param test images to test the delivered model on, once
 * @param valSplit the fraction of each class that is held out, in (0, 1)
 * @param groupBy a regular expression; images in whose names it finds the same stay together
 * @param sampling in which order, and how often, an epoch visits the training images
 * @param sourceData images of a source task that are learned beside {@code train}; their classes
 *     may be others
 * @param sourceWeight of each of them in the loss, where one of {@code train} has 1; 0.3 if absent,
 *     and absent without them
 * @param cacheMegabytes of decoded images to keep in memory
 * @param cacheFeatures whether stages with {@code cacheVariants} keep features in files, or compute
 *     the same ones each time, to compare
 */
public record DataConfig(
    String train,
    Optional<String> val,
    Optional<String> test,
    double valSplit,
    Optional<String> groupBy,
    DataFormat format,
    OnBadImage onBadImage,
    EpochOrder sampling,
    Optional<String> sourceData,
    Optional<Double> sourceWeight,
    int cacheMegabytes,
    boolean cacheFeatures) {
  private static final double SOURCE_WEIGHT = 0.3;

  public DataConfig {
    require(!train.isBlank(), "data.train names no folder");
    require(valSplit > 0 && valSplit < 1, "data.val-split must lie in (0, 1) but is " + valSplit);
    groupBy.ifPresent(DataConfig::requireExpression);
    require(
        sourceData.isPresent() || sourceWeight.isEmpty(),
        "data.source-weight weighs the images of data.source-data, and there are none; add"
            + " --source-data DIR");
    double weight = sourceWeight.orElse(SOURCE_WEIGHT);
    require(
        weight > 0 && Double.isFinite(weight),
        "data.source-weight must be above 0 but is " + weight);
    sourceWeight = sourceData.map(images -> weight);
  }

  private static void requireExpression(String text) {
    try {
      Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      require(false, "data.group-by is no regular expression: " + e.getDescription() + ": " + text);
    }
  }
}
