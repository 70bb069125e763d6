package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

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
    List<Integer> list = new ArrayList<>();
    for (int count : counts) {
      list.add(count);
    }
    return list;
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
   * The images as a set to measure with. Of multi-label data a part need not have every label: the
   * samples then count labels as training does.
   *
   * @param training and {@code known}: the task and the labels of training
   * @param place of this set, for messages
   * @throws Failure (exit 2) if the tasks or the labels do not fit
   */
  public Dataset measuredBy(Task training, List<String> known, Path place) {
    if (task != training) {
      throw Failure.badInput(
          "[%s] has %s, but training has %s: measuring needs data of the same kind",
          place, task.words(), training.words());
    }
    if (task == Task.SINGLE_LABEL) {
      TrainingData.requireSameLabels(place, known, labels);
      return this;
    }
    List<Integer> indices = labels.stream().map(known::indexOf).toList();
    if (indices.contains(-1)) {
      List<String> unknown = labels.stream().filter(label -> !known.contains(label)).toList();
      throw Failure.badInput(
          "[%s] has labels that training does not: %s; take them out, or train with them",
          place, unknown);
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
