package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A part of multi-label data held out, with about the same fraction of each label: iterative
 * stratification (Sechidis, Tsoumakas, Vlahavas 2011). The label with the fewest images left is
 * dealt out first, each of its images to the side that wants more of that label yet; where both
 * want the same, to the one that wants more images. Images come in the order of {@link Split}: by a
 * hash of seed and name.
 */
final class MultiLabelSplit {
  private final Side train;
  private final Side validation;
  private final int labels;

  private MultiLabelSplit(Dataset data, double fraction) {
    this.train = new Side(data, 1 - fraction);
    this.validation = new Side(data, fraction);
    this.labels = data.labels().size();
  }

  /**
   * Samples of one group stay together. A label of very few images stays in training.
   *
   * @throws Failure (exit 2) if a side would have no image
   */
  static Split of(Dataset data, double fraction, long seed) {
    MultiLabelSplit split = new MultiLabelSplit(data, fraction);
    split.deal(Split.groupsInHashOrder(data, seed));
    Set<String> held = split.validation.groups;
    Dataset validation = data.filter(sample -> held.contains(sample.group()));
    if (validation.size() == 0 || validation.size() == data.size()) {
      throw Failure.badInput(
          "%d images in %d groups cannot be split for validation; add some, or give the validation"
              + " images with --val",
          data.size(), held.size() + split.train.groups.size());
    }
    return new Split(data.filter(sample -> !held.contains(sample.group())), validation);
  }

  /** What one side is still to get. */
  private static final class Side {
    private final double[] wanted;
    private double images;
    private final Set<String> groups = new HashSet<>();

    Side(Dataset data, double part) {
      this.wanted = data.counts().stream().mapToDouble(count -> part * count).toArray();
      this.images = part * data.size();
    }

    void take(List<Sample> group) {
      group.forEach(sample -> sample.labels().forEach(label -> wanted[label]--));
      images -= group.size();
      groups.add(group.get(0).group());
    }
  }

  private void deal(List<List<Sample>> groups) {
    List<List<Sample>> left = new ArrayList<>(groups);
    for (int label = rarest(left); label >= 0; label = rarest(left)) {
      List<List<Sample>> others = new ArrayList<>();
      for (List<Sample> group : left) {
        if (has(group, label)) {
          double more = validation.wanted[label] - train.wanted[label];
          side(more).take(group);
        } else {
          others.add(group);
        }
      }
      left = others;
    }
    left.forEach(group -> side(0).take(group));
  }

  /**
   * @param more of a label that validation wants than training does
   */
  private Side side(double more) {
    double difference = more == 0 ? validation.images - train.images : more;
    return difference > 0 ? validation : train;
  }

  private static boolean has(List<Sample> group, int label) {
    return group.stream().anyMatch(sample -> sample.labels().contains(label));
  }

  /** -1 if no image that is left has a label. */
  private int rarest(List<List<Sample>> left) {
    int[] counts = new int[labels];
    left.forEach(group -> group.forEach(s -> s.labels().forEach(label -> counts[label]++)));
    return IntStream.range(0, labels)
        .filter(label -> counts[label] > 0)
        .boxed()
        .min(Comparator.comparingInt(label -> counts[label]))
        .orElse(-1);
  }
}
