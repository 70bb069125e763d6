package dev.lapidary.trainer.data;

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
  /** What it is for, where the data say so. */
  public enum Part {
    ANY,
    TRAIN,
    VALIDATION,
    /** Never trained on, never validated on. */
    TEST,
    /** Left out of everything. */
    NONE;

    /** The names that folders and manifests use. */
    static Part of(String name) {
      return switch (name) {
        case "" -> ANY;
        case "train", "training" -> TRAIN;
        case "val", "valid", "validation", "dev" -> VALIDATION;
        case "test", "testing" -> TEST;
        default -> NONE;
      };
    }
  }

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
