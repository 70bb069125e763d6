package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.manifest.LabelNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Labelled images, in a fixed order. A sample's position here is its id in batches and in random
 * streams.
 *
 * @param task whether each has exactly one label
 * @param labels class names by index
 * @param samples in an order that depends on the data alone
 * @param pictures reads their pixels
 */
public record Dataset(Task task, List<String> labels, List<Sample> samples, Pictures pictures) {
  public Dataset {
    labels = List.copyOf(labels);
    samples = List.copyOf(samples);
    for (Sample sample : samples) {
      int count = labels.size();
      boolean known = sample.labels().stream().allMatch(label -> label >= 0 && label < count);
      if (!known || (task == Task.SINGLE_LABEL && sample.labels().size() != 1)) {
        throw new IllegalArgumentException(sample + " does not fit " + count + " labels, " + task);
      }
    }
  }

  /** Of one class an image. */
  public Dataset(List<String> labels, List<Sample> samples, Pictures pictures) {
    this(Task.SINGLE_LABEL, labels, samples, pictures);
  }

  public int size() {
    return samples.size();
  }

  /** The samples of each class; one of several labels counts for each. */
  public List<Integer> counts() {
    int[] counts = new int[labels.size()];
    for (Sample sample : samples) {
      sample.labels().forEach(label -> counts[label]++);
    }
    return Arrays.stream(counts).boxed().toList();
  }

  /**
   * What there is to learn of some of the samples.
   *
   * @return [positions] class indices; of multi-label data [positions, labels], row-major, 1 where
   *     a sample has a label and 0 where not
   */
  public long[] targets(int... positions) {
    if (task == Task.SINGLE_LABEL) {
      return Arrays.stream(positions).mapToLong(i -> samples.get(i).label()).toArray();
    }
    long[] rows = new long[positions.length * labels.size()];
    for (int i = 0; i < positions.length; i++) {
      int row = i * labels.size();
      samples.get(positions[i]).labels().forEach(label -> rows[row + label] = 1);
    }
    return rows;
  }

  public Dataset filter(Predicate<Sample> keep) {
    return with(samples.stream().filter(keep).toList());
  }

  Dataset with(List<Sample> others) {
    return new Dataset(task, labels, others, pictures);
  }

  /**
   * Each sample's group becomes what the expression finds in its name: its first bracket, or all of
   * it if it has none. For folders: several images of one patient, one scene, one object.
   *
   * @param expression as {@link Pattern} reads them
   * @param location of this set, for messages
   * @throws Failure (exit 2) naming an image in which nothing is found
   */
  Dataset groupedByName(String expression, Path location) {
    Pattern pattern = Pattern.compile(expression);
    List<Sample> grouped = new ArrayList<>();
    for (Sample sample : samples) {
      Matcher matcher = pattern.matcher(sample.name());
      String group = matcher.find() ? matcher.group(Math.min(1, matcher.groupCount())) : null;
      if (group == null) {
        throw Failure.badInput(
            "[%s] %s has no group: '%s' finds nothing in that name; each image needs one",
            location, sample.name(), expression);
      }
      grouped.add(sample.inGroup(group));
    }
    return with(grouped);
  }

  /**
   * The images as a set to measure with, their labels counted as training does. It need not have
   * every label.
   *
   * @param training and {@code known}: the task and the labels of training
   * @param location of this set, for messages
   * @throws Failure (exit 2) if the tasks do not fit, or a label is unknown to training
   */
  public Dataset measuredBy(Task training, List<String> known, Path location) {
    if (task != training) {
      throw Failure.badInput(
          "[%s] has %s, but training has %s: measuring needs data of the same kind",
          location, task.words(), training.words());
    }
    List<Integer> indices = LabelNames.indices(labels, known);
    if (indices.contains(-1)) {
      throw Failure.badInput("[%s] %s", location, LabelNames.unlike(labels, known));
    }
    return with(known, indices);
  }

  /** The same images, their labels counted as another list has them. */
  public Dataset with(List<String> known, List<Integer> indices) {
    if (known.equals(labels)) {
      return this;
    }
    return new Dataset(
        task,
        known,
        samples.stream()
            .map(s -> s.with(s.labels().stream().map(indices::get).sorted().toList()))
            .toList(),
        pictures);
  }
}
