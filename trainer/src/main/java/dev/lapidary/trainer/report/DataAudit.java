package dev.lapidary.trainer.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.data.TrainingData;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the first look at the images found.
 *
 * @param labels class names by index
 * @param train images by class, as {@code validation} and {@code test}; one of several labels
 *     counts for each
 * @param skipped bad images that were left out, with the reason
 * @param duplicates images that are trained on and measured with, as {@code one = the other}
 * @param sizes how many training images have which size, such as {@code 500x375}
 * @param manifestSha256 of names, classes and contents
 * @param notes what else is particular: weights, a source task, classes so uneven that another
 *     measure chooses the best epoch
 * @param multiLabel the images themselves, where they have any number of labels
 */
public record DataAudit(
    List<String> labels,
    List<Integer> train,
    List<Integer> validation,
    Optional<List<Integer>> test,
    List<String> skipped,
    List<String> duplicates,
    Map<String, Integer> sizes,
    String manifestSha256,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<MultiLabel> multiLabel) {

  /** How many images there are in each part. */
  public record MultiLabel(Part train, Part validation, Optional<Part> test) {
    static MultiLabel of(TrainingData data) {
      return new MultiLabel(
          Part.of(data.train()), Part.of(data.validation()), data.test().map(Part::of));
    }
  }

  /**
   * @param unlabelled of the images: they have none of the labels
   */
  public record Part(int images, int unlabelled) {
    static Part of(Dataset data) {
      long unlabelled = data.samples().stream().filter(s -> s.labels().isEmpty()).count();
      return new Part(data.size(), (int) unlabelled);
    }
  }

  public static DataAudit of(TrainingData data, List<String> notes) {
    Map<String, Integer> sizes = new TreeMap<>();
    data.sizes().forEach((size, count) -> sizes.put(size.toString(), count));
    boolean several = data.train().task() == Task.MULTI_LABEL;
    return new DataAudit(
        data.train().labels(),
        data.train().counts(),
        data.validation().counts(),
        data.test().map(Dataset::counts),
        data.skipped(),
        data.duplicates(),
        sizes,
        data.manifestSha256(),
        notes,
        several ? Optional.of(MultiLabel.of(data)) : Optional.empty());
  }

  boolean hasSeveralLabels() {
    return multiLabel.isPresent();
  }

  int trainImages() {
    return multiLabel.map(m -> m.train().images()).orElse(sum(train));
  }

  int validationImages() {
    return multiLabel.map(m -> m.validation().images()).orElse(sum(validation));
  }

  Optional<Integer> testImages() {
    return multiLabel.isPresent()
        ? multiLabel.get().test().map(Part::images)
        : test.map(DataAudit::sum);
  }

  private static int sum(List<Integer> counts) {
    return counts.stream().mapToInt(i -> i).sum();
  }
}
