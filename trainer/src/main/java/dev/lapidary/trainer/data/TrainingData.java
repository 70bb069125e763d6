package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.progress.WorkProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a run trains, validates and tests on, every image looked at once.
 *
 * @param train to learn from
 * @param validation to measure with; the same labels
 * @param test to measure with once, at the end; the same labels
 * @param manifestSha256 of all: labels, names, classes and contents
 * @param skipped bad images that were left out; empty unless {@link OnBadImage#SKIP}
 * @param duplicates images whose bytes are among those trained on and among the others too, as
 *     {@code train name = other name}
 * @param sizes how many training images have which size
 * @param learned {@code train}, and the images of a source task if there is one
 */
public record TrainingData(
    Dataset train,
    Dataset validation,
    Optional<Dataset> test,
    String manifestSha256,
    List<String> skipped,
    List<String> duplicates,
    Map<Scan.Size, Integer> sizes,
    EpochImages learned) {

  /**
   * Where the data lie and how they are divided.
   *
   * @param train folder or file
   * @param val images to validate on; if absent a part of {@code train}
   * @param test images to test on at the end; {@code t10k} of IDX files is not validated on then
   * @param valSplit the fraction of each class that is held out then
   * @param groupBy what it finds in an image's name is the image's group, which is not split
   * @param seed of the split
   * @param threads that look at the images
   */
  public record Source(
      Path train,
      Optional<Path> val,
      Optional<Path> test,
      DataFormat format,
      double valSplit,
      Optional<String> groupBy,
      long seed,
      OnBadImage onBadImage,
      ImageLimits limits,
      int threads) {}

  private static final int NAMED = 10;
  private static final List<String> PARTS = List.of("train", "validation", "test");

  /**
   * Lists, divides and decodes everything once.
   *
   * @param progress gets lines about what is left alone, passed over, or without images
   * @throws Failure (exit 2) if the data are missing, empty, bad, or their classes differ
   */
  public static TrainingData open(Source source, WorkProgress progress) {
    return open(ListedData.of(source, progress::say), progress);
  }

  /**
   * Decodes everything once.
   *
   * @param progress gets lines about what is passed over, or without images
   * @throws Failure (exit 2) if images are bad, or a class is left without
   */
  public static TrainingData open(ListedData listed, WorkProgress progress) {
    Source source = listed.source();
    Consumer<String> notes = progress::say;
    List<Scan> looked = new ArrayList<>();
    looked.add(Scan.of(listed.learned().images(), source.threads(), progress));
    looked.add(Scan.of(listed.validation(), source.threads(), progress));
    listed.test().ifPresent(test -> looked.add(Scan.of(test, source.threads(), progress)));
    List<BadImage> bad = looked.stream().flatMap(scan -> scan.bad().stream()).toList();
    BadImage.judge(source.train(), bad, source.onBadImage()).forEach(notes);
    List<Scan> good = looked.stream().map(Scan::good).toList();
    Scan learned = good.get(0);
    EpochImages images = listed.learned().with(learned.data());
    Scan train = images.hasSource() ? target(learned, listed) : learned;
    requireEveryClass(source, train.data(), listed.train());
    requireMeasurable(source, good.get(1).data(), notes);
    List<String> duplicates = new ArrayList<>();
    good.subList(1, good.size()).forEach(other -> duplicates.addAll(duplicates(learned, other)));
    return new TrainingData(
        train.data(),
        good.get(1).data(),
        good.stream().skip(2).map(Scan::data).findFirst(),
        manifest(train, learned, good.subList(1, good.size())),
        bad.stream().map(BadImage::toString).toList(),
        duplicates,
        sizes(train),
        images);
  }

  /** Of the target's images, with its labels alone. */
  private static Scan target(Scan learned, ListedData listed) {
    Scan target = learned.of(false);
    return new Scan(listed.train().with(target.data().samples()), target.images());
  }

  /**
   * @param listed the training images before bad ones were left out
   */
  private static void requireEveryClass(Source source, Dataset data, Dataset listed) {
    for (int c = 0; c < data.labels().size(); c++) {
      if (data.counts().get(c) == 0) {
        throw Failure.badInput(
            listed.counts().get(c) == 0
                ? "[%s] class %s has no image to train on; give it some, or take the class out"
                : "[%s] class %s has no readable image left; add some",
            source.train(),
            data.labels().get(c));
      }
    }
  }

  /** One class or label with images is enough: the others are left out of means. */
  private static void requireMeasurable(Source source, Dataset validation, Consumer<String> notes) {
    if (validation.task() == Task.SINGLE_LABEL) {
      if (validation.size() == 0) {
        throw Failure.badInput(
            "[%s] there is no readable image to validate on; add some, or raise --val-split",
            source.val().orElse(source.train()));
      }
      warnOfUnmeasured(validation, notes);
    } else if (validation.counts().stream().allMatch(count -> count == 0)) {
      throw Failure.badInput(
          "[%s] none of the %d validation images has a label, so nothing can be measured; raise"
              + " --val-split, or give images with --val",
          source.train(), validation.size());
    }
  }

  private static void warnOfUnmeasured(Dataset validation, Consumer<String> notes) {
    List<String> without =
        IntStream.range(0, validation.labels().size())
            .filter(c -> validation.counts().get(c) == 0)
            .mapToObj(validation.labels()::get)
            .toList();
    if (!without.isEmpty()) {
      notes.accept(
          "warning: no validation image is of %s, so nothing tells how well %s learned"
              .formatted(
                  without.stream().limit(NAMED).collect(Collectors.joining(", ")),
                  without.size() == 1 ? "it is" : "they are"));
    }
  }

  private static String manifest(Scan train, Scan learned, List<Scan> measured) {
    List<Scan> parts = new ArrayList<>(List.of(train));
    parts.addAll(measured);
    boolean several = train.data().task() == Task.MULTI_LABEL;
    StringBuilder text = new StringBuilder(several ? "multi-label\n" : "");
    train.data().labels().forEach(label -> text.append(label).append('\n'));
    for (int i = 0; i < parts.size(); i++) {
      lines(text.append(PARTS.get(i)).append('\n'), parts.get(i));
    }
    Scan source = learned.of(true);
    if (source.data().size() > 0) {
      source.data().labels().forEach(label -> text.append(label).append('\n'));
      lines(text.append("source\n"), source);
    }
    return Sha256.of(text.toString());
  }

  private static void lines(StringBuilder text, Scan scan) {
    for (Scan.Seen seen : scan.images()) {
      Sample sample = seen.sample();
      text.append(seen.sha256()).append(' ').append(labels(sample));
      text.append(' ').append(sample.name());
      if (sample.weight() != 1) { // data without weights keep their manifest
        text.append(" weight ").append(sample.weight());
      }
      text.append('\n');
    }
  }

  private static String labels(Sample sample) {
    return sample.labels().stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static Map<Scan.Size, Integer> sizes(Scan scan) {
    Map<Scan.Size, Integer> counts = new LinkedHashMap<>();
    scan.images().forEach(seen -> counts.merge(seen.size(), 1, Integer::sum));
    return counts;
  }

  private static List<String> duplicates(Scan train, Scan other) {
    Map<String, String> names = new HashMap<>();
    train.images().forEach(seen -> names.putIfAbsent(seen.sha256(), seen.sample().name()));
    return other.images().stream()
        .filter(seen -> names.containsKey(seen.sha256()))
        .map(seen -> names.get(seen.sha256()) + " = " + seen.sample().name())
        .toList();
  }
}
