package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A part of each class held out for validation. Who is held out depends on the seed and on the
 * names alone, by a hash: the same on every machine, and adding images moves few others.
 *
 * @param train the rest
 * @param validation what was held out
 */
public record Split(Dataset train, Dataset validation) {
  /**
   * Holds out about {@code fraction} of each class, at least one image and not all of them; samples
   * of one group stay together.
   *
   * @throws Failure (exit 2) if a class cannot be split
   */
  public static Split stratified(Dataset data, double fraction, long seed) {
    if (!(fraction > 0 && fraction < 1)) {
      throw Failure.badInput("the validation split must lie in (0, 1) but is %s", fraction);
    }
    Holding holding = new Holding(data.counts(), fraction);
    List<List<Sample>> groups = groupsInHashOrder(data, seed);
    for (List<Sample> group : groups) {
      if (holding.gain(group) > 0 && holding.leavesEveryClass(group)) {
        holding.add(group);
      }
    }
    for (int c = 0; c < data.labels().size(); c++) {
      if (holding.held[c] == 0) {
        holding.addForClass(c, groups);
      }
    }
    Dataset train = data.filter(sample -> !holding.names.contains(sample.group()));
    Dataset validation = data.filter(sample -> holding.names.contains(sample.group()));
    requireEveryClass(train, validation);
    return new Split(train, validation);
  }

  /** What is held out so far. */
  private static final class Holding {
    private final Set<String> names = new HashSet<>();
    private final List<Integer> counts;
    private final int[] wanted;
    private final int[] held;

    Holding(List<Integer> counts, double fraction) {
      this.counts = counts;
      this.held = new int[counts.size()];
      this.wanted = new int[counts.size()];
      for (int c = 0; c < wanted.length; c++) {
        int part = (int) Math.rint(counts.get(c) * fraction);
        wanted[c] = Math.max(1, Math.min(part, counts.get(c) - 1));
      }
    }

    /** By how many images the group brings the classes nearer to what they are to give. */
    int gain(List<Sample> group) {
      int gain = 0;
      for (Sample sample : group) {
        int c = sample.label();
        gain += held[c] < wanted[c] ? 1 : -1;
        held[c]++;
      }
      group.forEach(sample -> held[sample.label()]--);
      return gain;
    }

    boolean leavesEveryClass(List<Sample> group) {
      group.forEach(sample -> held[sample.label()]++);
      boolean leaves =
          group.stream().allMatch(sample -> held[sample.label()] < counts.get(sample.label()));
      group.forEach(sample -> held[sample.label()]--);
      return leaves;
    }

    /** Groups that are all too large to bring a class nearer: the one that goes least too far. */
    void addForClass(int label, List<List<Sample>> groups) {
      groups.stream()
          .filter(group -> group.stream().anyMatch(sample -> sample.label() == label))
          .filter(this::leavesEveryClass)
          .max(Comparator.comparingInt(this::gain))
          .ifPresent(this::add);
    }

    void add(List<Sample> group) {
      group.forEach(sample -> held[sample.label()]++);
      names.add(group.get(0).group());
    }
  }

  static List<List<Sample>> groupsInHashOrder(Dataset data, long seed) {
    return List.copyOf(
        data.samples().stream()
            .collect(
                Collectors.groupingBy(
                    sample -> Sha256.of(seed + "\n" + sample.group()),
                    TreeMap::new,
                    Collectors.toUnmodifiableList()))
            .values());
  }

  private static void requireEveryClass(Dataset train, Dataset validation) {
    for (int c = 0; c < train.labels().size(); c++) {
      int images = train.counts().get(c) + validation.counts().get(c);
      if (train.counts().get(c) == 0 || validation.counts().get(c) == 0) {
        throw Failure.badInput(
            "class %s cannot be split: it has %s, and training and validation need one each; add"
                + " some, remove the class, or give the validation images with --val",
            train.labels().get(c),
            images == 1 ? "1 image" : images + " images that are not split apart (one group)");
      }
    }
  }
}
