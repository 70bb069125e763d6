package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OverfittingTest {
  private final List<EpochMetrics> epochs = new ArrayList<>();

  @Test
  void threeEpochsOfWorseValidationAndBetterTrainingAreSaidOnce() {
    add("all", 1.0, 1.1);
    add("all", 0.8, 0.9);
    add("all", 0.6, 0.95);
    add("all", 0.4, 1.0);
    assertThat(Overfitting.warning(epochs)).isEmpty();
    add("all", 0.2, 1.2);
    String said =
        "validation loss rose from 0.9000 (epoch 2) to 1.2000 while training loss fell from 0.8000"
            + " to 0.2000: the network is overfitting; ";
    assertThat(Overfitting.warning(epochs).orElseThrow()).startsWith(said);
    add("all", 0.1, 1.3);
    assertThat(Overfitting.warning(epochs)).isEmpty();
    assertThat(Overfitting.last(epochs).orElseThrow()).startsWith(said);
  }

  @Test
  void aNetworkThatDoesNotLearnIsNotOverfitting() {
    add("all", 0.5, 0.9);
    add("all", 0.6, 0.95);
    add("all", 0.7, 1.0);
    add("all", 0.8, 1.2);
    assertThat(Overfitting.last(epochs)).isEmpty();
  }

  @Test
  void anotherStageIsAnotherProblem() {
    add("head", 0.8, 0.9);
    add("all", 0.6, 0.95);
    add("all", 0.4, 1.0);
    add("all", 0.2, 1.2);
    assertThat(Overfitting.last(epochs)).isEmpty();
  }

  private void add(String stage, double train, double validation) {
    int epoch = epochs.size() + 1;
    Optional<Double> none = Optional.empty();
    epochs.add(
        new EpochMetrics(
            stage,
            epoch,
            epoch * 10,
            0.1,
            train,
            0.5,
            validation,
            0.5,
            none,
            none,
            none,
            none,
            false));
  }
}
