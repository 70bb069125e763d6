package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.manifest.LabelNames;
import dev.lapidary.core.manifest.Part;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a run is to train, validate and test on: listed and divided, no image decoded yet, so that
 * whatever else a run needs can be refused before that takes its time.
 *
 * @param train to learn from
 * @param validation to measure with; the same labels
 * @param test to measure with once, at the end; the same labels
 * @param learned {@code train}, and the images of a source task if there is one
 */
public record ListedData(
    TrainingData.Source source,
    Dataset train,
    Dataset validation,
    Optional<Dataset> test,
    EpochImages learned) {

  /**
   * @param notes gets lines about what is left alone, passed over, or without images
   * @throws Failure (exit 2) if the data are missing or empty, or their classes differ
   */
  public static ListedData of(TrainingData.Source source, Consumer<String> notes) {
    Split split = split(source, notes);
    return new ListedData(
        source,
        split.train(),
        split.validation(),
        test(source, split.train(), notes),
        EpochImages.of(split.train()));
  }

  /**
   * With the images of a source task, learned beside the target.
   *
   * @param path folder or file; where the data are divided, the part to train on
   * @param weight of each image, above 0
   * @throws Failure (exit 2) if there are none, or their labels do not fit those of the target
   */
  public ListedData with(Path path, double weight, Consumer<String> notes) {
    Dataset data = DataFormat.AUTO.read(path, learning(source, notes));
    if (data.task() != train.task()) {
      throw Failure.badInput(
          "[%s] has %s, but the target has %s: --source-data needs data of the same kind",
          path, data.task().words(), train.task().words());
    }
    Dataset used = data.filter(sample -> sample.part() == Part.ANY || sample.part() == Part.TRAIN);
    if (used.size() == 0) {
      throw Failure.badInput(
          "[%s] --source-data has no image to train on, only parts to measure with", path);
    }
    EpochImages both = EpochImages.of(train, used, weight);
    if (both.hasSecondHead() && train.task() == Task.MULTI_LABEL) {
      throw Failure.badInput(
          "[%s] %s; --source-data of several labels an image needs the target's labels",
          path, LabelNames.unlike(data.labels(), train.labels()));
    }
    return new ListedData(source, train, validation, test, both);
  }

  private static Split split(TrainingData.Source source, Consumer<String> notes) {
    Dataset data = source.format().read(source.train(), learning(source, notes));
    if (data.labels().size() < 2) {
      throw Failure.badInput(
          "[%s] expected images of at least two classes but found %d: %s",
          source.train(), data.labels().size(), data.labels());
    }
    boolean t10kIsFree = source.val().isEmpty() && source.test().isEmpty();
    Optional<Path> val = t10kIsFree ? IdxFormat.images(source.train(), "t10k") : source.val();
    Dataset remainder =
        data.filter(sample -> sample.part() == Part.ANY || sample.part() == Part.TRAIN);
    if (remainder.size() == 0) {
      throw Failure.badInput(
          "[%s] has no image to train on, only parts to measure with; expected a part train",
          source.train());
    }
    Dataset held = data.filter(sample -> sample.part() == Part.VALIDATION);
    if (val.isPresent()) {
      return new Split(remainder, validation(val.get(), source, data, notes));
    }
    if (held.size() > 0) {
      return new Split(remainder, held);
    }
    Dataset grouped =
        source.groupBy().map(by -> remainder.groupedByName(by, source.train())).orElse(remainder);
    return grouped.task() == Task.MULTI_LABEL
        ? MultiLabelSplit.of(grouped, source.valSplit(), source.seed())
        : Split.stratified(grouped, source.valSplit(), source.seed());
  }

  /** Where the data have a part for validation that part, else all of them. */
  private static Dataset validation(
      Path path, TrainingData.Source source, Dataset train, Consumer<String> notes) {
    Dataset data = source.format().read(path, reading(source, train.labels(), notes));
    Dataset fitting = data.measuredBy(train.task(), train.labels(), path);
    Dataset marked = fitting.filter(sample -> sample.part() == Part.VALIDATION);
    return marked.size() > 0 ? marked : fitting;
  }

  private static Optional<Dataset> test(
      TrainingData.Source source, Dataset train, Consumer<String> notes) {
    return source
        .test()
        .map(
            path ->
                source
                    .format()
                    .readTest(path, reading(source, train.labels(), notes))
                    .measuredBy(train.task(), train.labels(), path));
  }

  private static Reading learning(TrainingData.Source source, Consumer<String> notes) {
    return new Reading(source.limits(), source.onBadImage(), List.of(), true, notes);
  }

  private static Reading reading(
      TrainingData.Source source, List<String> known, Consumer<String> notes) {
    return new Reading(source.limits(), source.onBadImage(), known, notes);
  }
}
