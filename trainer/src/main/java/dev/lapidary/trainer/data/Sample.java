package dev.lapidary.trainer.data;

import dev.lapidary.core.manifest.Part;
import java.util.List;

/**
 * One labelled image.
 *
 * @param name what messages and hashes call it: a path relative to the data's root, with {@code /}
 * @param labels indices into the dataset's labels, ascending; exactly one of a single-label set
 * @param group samples of one group are never split between training and validation; by default the
 *     name itself
 * @param part what the data themselves say it is for
 * @param weight in the training loss, above 0, among the images of its task
 * @param source whether it is of the source task, which is learned beside the one that counts
 */
public record Sample(
    String name, List<Integer> labels, String group, Part part, double weight, boolean source) {
  public Sample {
    labels = List.copyOf(labels);
  }

  public Sample(String name, int label) {
    this(name, List.of(label), name, Part.ANY);
  }

  /** One that counts as any other. */
  Sample(String name, List<Integer> labels, String group, Part part) {
    this(name, labels, group, part, 1, false);
  }

  Sample with(List<Integer> others) {
    return new Sample(name, others, group, part, weight, source);
  }

  Sample inGroup(String other) {
    return new Sample(name, labels, other, part, weight, source);
  }

  /** The same as an image of the source task. */
  Sample ofSource() {
    return new Sample(name, labels, group, part, weight, true);
  }

  /** Of a single-label set. */
  public int label() {
    return labels.get(0);
  }
}
