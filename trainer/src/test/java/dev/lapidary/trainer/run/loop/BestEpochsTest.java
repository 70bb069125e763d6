package dev.lapidary.trainer.run.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import java.util.List;
import org.junit.jupiter.api.Test;

class BestEpochsTest {
  @Test
  void theBestIsFirstAndTheEarlierOfEquals() {
    BestEpochs best = epochs(3, best(1, 0.5, 1), best(2, 0.5, 1), best(3, 0.7, 2), best(4, 0.7, 1));
    assertThat(best.epochs()).extracting(Best::epoch).containsExactly(4, 3, 1);
  }

  /** As a checkpoint of an older version may hold it: every comparison with NaN is false. */
  @Test
  void whatIsNoNumberIsWorseThanAnyNumber() {
    BestEpochs best =
        epochs(
            4, best(1, 0.5, Double.NaN), best(2, 0.5, 9), best(3, Double.NaN, 1), best(4, 0.1, 9));
    assertThat(best.epochs()).extracting(Best::epoch).containsExactly(2, 1, 4, 3);
  }

  private static BestEpochs epochs(int most, Best... epochs) {
    BestEpochs best = new BestEpochs(most, List.of());
    for (Best epoch : epochs) {
      best = best.with(epoch);
    }
    return best;
  }

  private static Best best(int epoch, double score, double loss) {
    return new Best(epoch, epoch, score, loss, "best");
  }
}
