package dev.lapidary.trainer.run.loop;

import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import java.util.ArrayList;
import java.util.List;

/**
 * The epochs whose weights are kept.
 *
 * @param max of them
 * @param epochs the best first, the earlier one where equal
 */
record BestEpochs(int max, List<Best> epochs) {

  /** Once there is any. */
  Best first() {
    return epochs.get(0);
  }

  /** The same if the epoch is not among the best. */
  BestEpochs with(Best epoch) {
    List<Best> ranked = new ArrayList<>(epochs);
    int rank = 0;
    while (rank < ranked.size() && !ranked.get(rank).isWorseThan(epoch.score(), epoch.loss())) {
      rank++;
    }
    ranked.add(rank, epoch);
    return new BestEpochs(max, ranked.subList(0, Math.min(max, ranked.size())));
  }
}
