package dev.lapidary.trainer.data;

import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageLimits;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run trains and validates on, every image looked at once.
 *
 * @param train to learn from
 * @param validation to measure with; the same labels
 * @param manifestSha256 of both: labels, names, classes and contents
 * @param skipped bad images that were left out; empty unless {@link OnBadImage#SKIP}
 * @param duplicates images whose bytes are in both sets, as {@code train name = validation name}
 */
public record TrainingData(
    Dataset train,
    Dataset validation,
    String manifestSha256,
    List<String> skipped,
    List<String> duplicates) {

  /**
   * Where the data lie and how they are divided.
   *
   * @param train folder or file
   * @param val images to validate on; if absent a part of {@code train}
   * @param valSplit the fraction of each class that is held out then
   * @param seed of the split
   * @param threads that look at the images
   */
  public record Source(
      Path train,
      Optional<Path> val,
      DataFormat format,
      double valSplit,
      long seed,
      OnBadImage onBadImage,
      ImageLimits limits,
      int threads) {}

  private static final int NAMED = 20;

  public TrainingData {
    skipped = List.copyOf(skipped);
    duplicates = List.copyOf(duplicates);
  }

  /**
   * Lists, divides and decodes everything once.
   *
   * @throws Failure (exit 2) if the data are missing, empty, bad, or their classes differ
   */
  public static TrainingData open(Source source) {
    Split split = split(source);
    Scan train = Scan.of(split.train(), source.threads());
    Scan validation = Scan.of(split.validation(), source.threads());
    List<String> bad = new ArrayList<>();
    train.bad().forEach(b -> bad.add(b.toString()));
    validation.bad().forEach(b -> bad.add(b.toString()));
    if (!bad.isEmpty() && source.onBadImage() == OnBadImage.FAIL) {
      throw refuse(source.train(), bad);
    }
    Scan goodTrain = train.good();
    Scan goodValidation = validation.good();
    requireEveryClass(source, goodTrain.data());
    requireEveryClass(source, goodValidation.data());
    return new TrainingData(
        goodTrain.data(),
        goodValidation.data(),
        manifest(goodTrain, goodValidation),
        bad,
        duplicates(goodTrain, goodValidation));
  }

  private static Split split(Source source) {
    Dataset data = source.format().read(source.train(), source.limits());
    Optional<Path> val = source.val().or(() -> IdxFormat.images(source.train(), "t10k"));
    if (val.isPresent()) {
      Dataset validation = source.format().read(val.get(), source.limits());
      requireSameLabels(val.get(), data.labels(), validation.labels());
      return new Split(data, validation);
    }
    Dataset held = data.filter(sample -> sample.part() == Sample.Part.VALIDATION);
    Dataset rest = data.filter(sample -> sample.part() == Sample.Part.TRAIN);
    return held.size() > 0
        ? new Split(rest, held)
        : Split.stratified(
            data.filter(sample -> sample.part() != Sample.Part.NEITHER),
            source.valSplit(),
            source.seed());
  }

  static void requireSameLabels(Path place, List<String> train, List<String> validation) {
    if (!validation.equals(train)) {
      throw Failure.badInput(
          "[%s] validation needs the classes of training: missing %s, unknown %s",
          place, without(train, validation), without(validation, train));
    }
  }

  private static List<String> without(List<String> all, List<String> less) {
    return all.stream().filter(label -> !less.contains(label)).toList();
  }

  private static Failure refuse(Path place, List<String> bad) {
    String named = String.join("; ", bad.subList(0, Math.min(NAMED, bad.size())));
    String more = bad.size() > NAMED ? "; and " + (bad.size() - NAMED) + " more" : "";
    return Failure.badInput(
        "[%s] %d bad image%s: %s%s; repair or remove them, or add --on-bad-image skip",
        place, bad.size(), bad.size() == 1 ? "" : "s", named, more);
  }

  private static void requireEveryClass(Source source, Dataset data) {
    List<Integer> counts = data.counts();
    for (int c = 0; c < counts.size(); c++) {
      if (counts.get(c) == 0) {
        throw Failure.badInput(
            "[%s] class %s has no readable image left; add some",
            source.train(), data.labels().get(c));
      }
    }
  }

  private static String manifest(Scan train, Scan validation) {
    StringBuilder text = new StringBuilder();
    train.data().labels().forEach(label -> text.append(label).append('\n'));
    lines(text.append("train\n"), train);
    lines(text.append("validation\n"), validation);
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void lines(StringBuilder text, Scan scan) {
    for (int i = 0; i < scan.data().size(); i++) {
      Sample sample = scan.data().samples().get(i);
      text.append(scan.sha256().get(i)).append(' ').append(sample.label());
      text.append(' ').append(sample.name()).append('\n');
    }
  }

  private static List<String> duplicates(Scan train, Scan validation) {
    Map<String, String> seen = new HashMap<>();
    for (int i = 0; i < train.data().size(); i++) {
      seen.putIfAbsent(train.sha256().get(i), train.data().samples().get(i).name());
    }
    List<String> both = new ArrayList<>();
    for (int i = 0; i < validation.data().size(); i++) {
      String name = seen.get(validation.sha256().get(i));
      if (name != null) {
        both.add(name + " = " + validation.data().samples().get(i).name());
      }
    }
    return both;
  }
}
