package dev.lapidary.trainer.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lapidary.trainer.plan.PlateauState;
import dev.lapidary.trainer.program.LossScale;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * Everything of a run's future that is no tensor. Random decisions are functions of the seed and
 * the position, so there is no generator to save.
 *
 * @param identity what must not change between the parts of one run
 * @param position the next step to take
 * @param sums of the epoch so far
 * @param kept the best epochs so far, whose weights are kept; the best first
 * @param adapted what the loop has adapted itself to
 * @param metricsBytes length of {@code metrics.jsonl}
 * @param finished whether nothing is left to train
 */
public record TrainingState(
    Identity identity,
    Position position,
    Sums sums,
    List<Best> kept,
    Adapted adapted,
    long metricsBytes,
    boolean finished) {

  public TrainingState {
    kept = List.copyOf(kept);
  }

  public Optional<Best> best() {
    return kept.stream().findFirst();
  }

  /**
   * @param runId hash of configuration, manifest and initial weights
   * @param config the resolved configuration as JSON, without paths
   * @param manifestSha256 of the data
   * @param initialSha256 of the weights that training began from
   * @param libtorch its version
   * @param capability of the processor, as far as it changes last bits
   * @param threads inside an operator
   */
  public record Identity(
      String runId,
      String config,
      String manifestSha256,
      String initialSha256,
      String libtorch,
      String capability,
      int threads)
      implements Serializable {}

  /**
   * @param stage from 0
   * @param epoch of the stage, from 0
   * @param batch of the epoch, from 0: the next one
   * @param step optimizer steps done in the whole run
   */
  public record Position(int stage, int epoch, long batch, long step) implements Serializable {
    public static final Position START = new Position(0, 0, 0, 0);

    /** Later in the same epoch. */
    public Position after(long batches, long steps) {
      return new Position(stage, epoch, batch + batches, step + steps);
    }
  }

  /**
   * @param plateau of the stage's schedule
   * @param lossScale of fp16
   * @param parts that memory makes a batch be computed in
   */
  public record Adapted(PlateauState plateau, LossScale lossScale, int parts) {
    public static final Adapted START = new Adapted(PlateauState.START, LossScale.NONE, 1);

    public Adapted with(PlateauState other) {
      return new Adapted(other, lossScale, parts);
    }

    public Adapted with(LossScale other) {
      return new Adapted(plateau, other, parts);
    }

    public Adapted with(int otherParts) {
      return new Adapted(plateau, lossScale, otherParts);
    }
  }

  /**
   * @param loss sum of the images' training loss
   * @param correct images of whose answer nothing was wrong
   */
  public record Sums(double loss, long images, long correct) implements Serializable {
    public static final Sums ZERO = new Sums(0, 0, 0);

    public Sums plus(Sums more) {
      return new Sums(loss + more.loss, images + more.images, correct + more.correct);
    }
  }

  /**
   * @param step after which it was
   * @param epoch of the whole run, from 1
   * @param score on the validation images: accuracy, or mAP of multi-label data
   * @param file below {@code checkpoints/}
   */
  public record Best(
      long step, int epoch, @JsonProperty("accuracy") double score, double loss, String file) {
    /** By the score, of equal ones by the loss; what is NaN is worse than any number. */
    public boolean isWorseThan(double otherScore, double otherLoss) {
      double own = Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
      return otherScore > own || (otherScore == own && !(loss <= otherLoss));
    }
  }
}
