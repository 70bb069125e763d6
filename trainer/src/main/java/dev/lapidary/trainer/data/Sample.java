package dev.lapidary.trainer.data;

/**
 * One labelled image.
 *
 * @param name what messages and hashes call it: a path relative to the data's root, with {@code /}
 * @param label index into the dataset's labels
 * @param group samples of one group are never split between training and validation; by default the
 *     name itself
 */
public record Sample(String name, int label, String group) {
  public Sample(String name, int label) {
    this(name, label, name);
  }
}
