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
 */
public record Sample(String name, List<Integer> labels, String group, Part part) {
  public Sample {
    labels = List.copyOf(labels);
  }

  public Sample(String name, int label) {
    this(name, List.of(label), name, Part.ANY);
  }

  Sample with(List<Integer> others) {
    return new Sample(name, others, group, part);
  }

  /** Of a single-label set. */
  public int label() {
    return labels.get(0);
  }
}
