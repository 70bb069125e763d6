package dev.lapidary.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Labelled images, in a fixed order. A sample's position here is its id in batches and in random
 * streams.
 *
 * @param labels class names by index
 * @param samples in an order that depends on the data alone
 * @param pictures reads their pixels
 */
public record Dataset(List<String> labels, List<Sample> samples, Pictures pictures) {
  public Dataset {
    labels = List.copyOf(labels);
    samples = List.copyOf(samples);
    for (Sample sample : samples) {
      if (sample.label() < 0 || sample.label() >= labels.size()) {
        throw new IllegalArgumentException(
            sample + " has no class among " + labels.size() + " labels");
      }
    }
  }

  public int size() {
    return samples.size();
  }

  /** The samples of each class. */
  public List<Integer> counts() {
    int[] counts = new int[labels.size()];
    for (Sample sample : samples) {
      counts[sample.label()]++;
    }
    List<Integer> list = new ArrayList<>();
    for (int count : counts) {
      list.add(count);
    }
    return list;
  }

  public Dataset filter(Predicate<Sample> keep) {
    return new Dataset(labels, samples.stream().filter(keep).toList(), pictures);
  }
}
