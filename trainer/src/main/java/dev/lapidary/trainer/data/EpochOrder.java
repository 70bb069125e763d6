package dev.lapidary.trainer.data;

import dev.lapidary.core.tensor.RandomStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The order of an epoch's samples: a pure function of (dataset, seed, epoch). */
public enum EpochOrder {
  /** The dataset's own order, for evaluation. */
  AS_LISTED {
    @Override
    public int[] samples(Dataset data, long seed, long epoch) {
      return IntStream.range(0, data.size()).toArray();
    }
  },
  /** Every sample once. */
  SHUFFLED {
    @Override
    public int[] samples(Dataset data, long seed, long epoch) {
      return RandomStream.of(seed, epoch, 0, "order").permutation(data.size());
    }
  },
  /**
   * As many draws as there are samples, equally many (give or take one) of each class: large
   * classes are thinned out, small ones repeated, each in whole shuffled rounds. For single-label
   * data alone.
   */
  BALANCED {
    @Override
    public int[] samples(Dataset data, long seed, long epoch) {
      List<List<Integer>> byClass = new ArrayList<>();
      data.labels().forEach(label -> byClass.add(new ArrayList<>()));
      for (int i = 0; i < data.size(); i++) {
        byClass.get(data.samples().get(i).label()).add(i);
      }
      byClass.removeIf(List::isEmpty);
      int[] indices = RandomStream.of(seed, epoch, 0, "balanced").permutation(data.size());
      int[] order = new int[data.size()];
      for (int c = 0, at = 0; c < byClass.size(); c++) {
        int share = (data.size() - c + byClass.size() - 1) / byClass.size();
        for (int sample : rounds(byClass.get(c), share, seed, epoch)) {
          order[indices[at++]] = sample;
        }
      }
      return order;
    }
  };

  /** Positions in the dataset, one a draw. */
  public abstract int[] samples(Dataset data, long seed, long epoch);

  /** {@code count} draws: everybody once in a shuffled order, then again in another. */
  private static int[] rounds(List<Integer> members, int count, long seed, long epoch) {
    int[] draws = new int[count];
    for (int at = 0, round = 0; at < count; round++) {
      RandomStream random = RandomStream.of(seed, epoch, members.get(0), "round " + round);
      for (int i : random.permutation(members.size())) {
        if (at < count) {
          draws[at++] = members.get(i);
        }
      }
    }
    return draws;
  }
}
