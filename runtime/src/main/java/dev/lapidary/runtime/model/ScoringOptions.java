package dev.lapidary.runtime.model;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import java.util.Optional;

/**
 * What the user says of a model's numbers. Its card says it itself, and where there is none, its
 * last nodes do.
 *
 * @param scores what the network gives; in place of what was found
 * @param activation what its answers are; only of a model without a card
 */
public record ScoringOptions(Optional<Scores> scores, Optional<Activation> activation) {
  public static final ScoringOptions NONE = new ScoringOptions(Optional.empty(), Optional.empty());

  /** How far scores may be from 0 to 1: quantized ones are rounded. */
  private static final double ROUNDED = 0.01;

  /**
   * @param ending of the graph
   * @param sample what the network gives for one image
   * @throws Failure (exit 2) if no answer can be made of it, or always the same one
   */
  Scoring choose(Optional<ModelCard> card, Ending ending, float[] sample, String source) {
    if (card.isPresent() && activation.isPresent()) {
      throw Failure.badInput("[%s] its card sets the activation; leave out --activation", source);
    }
    if (card.isEmpty() && scores.isEmpty() && ending == Ending.INDEX) {
      throw OnnxNetwork.withoutScores(source);
    }
    Scoring scoring =
        card.isPresent() && scores.isEmpty() ? card.get().scoring() : told(ending, source);
    if (scoring.isConstant(sample.length)) {
      throw Failure.badInput(
          "[%s] it gives one number for an image, of which a softmax makes 1 for every image; %s",
          source,
          scoring.scores() == Scores.SOFTMAX || card.isPresent()
              ? "export the network again: without its softmax, or with --activation sigmoid if the"
                  + " number is a label's logit"
              : "add --activation sigmoid if it is a label's logit");
    }
    requireScores(scoring, sample, source);
    return scoring;
  }

  private Scoring told(Ending ending, String source) {
    Scores given = scores.orElse(ending.scores());
    Activation kind = activation.orElse(Scoring.of(given).activation());
    boolean ofClasses =
        given == Scores.SOFTMAX || (ending == Ending.LOG_SOFTMAX && scores.isEmpty());
    if (ofClasses && kind == Activation.SIGMOID) {
      throw Failure.badInput(
          "[%s] --activation sigmoid is for any number of labels an image, but it ends in a %s, of"
              + " classes of which an image has one; leave it out, or say by --scores what it gives",
          source, ending.isOfClasses() ? ending.words() : given.label());
    }
    return new Scoring(given, kind);
  }

  private static void requireScores(Scoring scoring, float[] sample, String source) {
    if (scoring.scores() == Scores.LOGITS) {
      return;
    }
    for (float score : sample) {
      if (score < -ROUNDED || score > 1 + ROUNDED) {
        throw Failure.badInput(
            "[%s] it is to give the scores of a %s, from 0 to 1, but for an image of zeros it gives"
                + " %s; give --scores logits",
            source, scoring.scores().label(), score);
      }
    }
  }

  /** Of a file whose card was written before cards told what it gives. */
  Optional<String> note(Optional<ModelCard> card, Ending ending, String source) {
    boolean twice =
        scores.isEmpty()
            && ending.scores() != Scores.LOGITS
            && card.filter(c -> c.scores() == Scores.LOGITS).isPresent();
    return twice
        ? Optional.of(
            "[%s] its card says that it gives logits, but it ends in a %s, so that its scores are made"
                    .formatted(source, ending.words())
                + " twice: export it again, or add --scores "
                + ending.scores().label())
        : Optional.empty();
  }
}
