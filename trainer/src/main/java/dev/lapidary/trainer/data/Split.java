package dev.lapidary.trainer.data;

import dev.lapidary.models.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
    List<Integer> counts = data.counts();
    int[] missing = new int[counts.size()];
    for (int c = 0; c < missing.length; c++) {
      int wanted = (int) Math.rint(counts.get(c) * fraction);
      missing[c] = Math.max(1, Math.min(wanted, counts.get(c) - 1));
    }
    Set<String> held = new HashSet<>();
    for (List<Sample> group : groupsInHashOrder(data, seed)) {
      if (helps(group, missing)) {
        group.forEach(sample -> missing[sample.label()]--);
        held.add(group.get(0).group());
      }
    }
    Dataset train = data.filter(sample -> !held.contains(sample.group()));
    Dataset validation = data.filter(sample -> held.contains(sample.group()));
    requireEveryClass(train, validation);
    return new Split(train, validation);
  }

  /** Holding the group out brings the classes nearer to what they are to give. */
  private static boolean helps(List<Sample> group, int[] missing) {
    int[] after = missing.clone();
    group.forEach(sample -> after[sample.label()]--);
    int gain = 0;
    for (int c = 0; c < missing.length; c++) {
      gain += Math.abs(missing[c]) - Math.abs(after[c]);
    }
    return gain > 0;
  }

  private static List<List<Sample>> groupsInHashOrder(Dataset data, long seed) {
    Map<String, List<Sample>> groups = new TreeMap<>();
    for (Sample sample : data.samples()) {
      groups.computeIfAbsent(sample.group(), name -> new ArrayList<>()).add(sample);
    }
    Map<String, String> hashes = new TreeMap<>();
    for (String name : groups.keySet()) {
      hashes.put(name, Sha256.of((seed + "\n" + name).getBytes(StandardCharsets.UTF_8)));
    }
    return groups.keySet().stream()
        .sorted(Comparator.comparing((String name) -> String.valueOf(hashes.get(name))))
        .map(name -> List.copyOf(groups.getOrDefault(name, List.of())))
        .toList();
  }

  private static void requireEveryClass(Dataset train, Dataset validation) {
    for (int c = 0; c < train.labels().size(); c++) {
      if (train.counts().get(c) == 0 || validation.counts().get(c) == 0) {
        throw Failure.badInput(
            "class %s cannot be split: it needs images in at least two groups; add some, or give"
                + " the validation images with --val",
            train.labels().get(c));
      }
    }
  }
}
