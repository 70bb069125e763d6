package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import java.util.Optional;

/**
 * What a network's numbers are, and what its answers: told by its end, unless {@code --scores} or
 * {@code --activation} say otherwise. What contradicts itself, or would give every image the same
 * answer, is refused.
 */
record ScoringChoice(String source, SourceOptions options) {
  /**
   * The card of a network that was traced, with what its end says.
   *
   * @throws Failure (exit 2) for a network that gives no scores, or not the ones that are asked for
   */
  ModelCard of(ModelCard card, Graph network) {
    Argument.Value output = network.outputs().get(0);
    // A network that was cut at a layer gives features, unless the layer is its classifier.
    boolean classifies = options.layer == null || output.rank() == 2;
    Ending ending = classifies ? TracedEnding.of(network).ending() : Ending.LOGITS;
    Scoring scoring = of(card, ending);
    boolean one = output.shape().stream().skip(1).allMatch(d -> !d.perBatch() && d.factor() == 1);
    if (options.layer == null && one && output.dtype().isFloating() && scoring.isConstant(1)) {
      throw constant(scoring);
    }
    return card.withScoring(scoring);
  }

  /** The same by an end that is known. */
  Scoring of(ModelCard card, Ending ending) {
    if (ending == Ending.INDEX && !options.choosesOutput() && options.scores().isEmpty()) {
      throw Failure.badInput(
          "[%s] ends in an argmax: it gives the best class's number and no scores, from which"
              + " nothing can be served or measured; save it with the logits as forward's result, or"
              + " end it at the layer that gives them: --output LAYER",
          source);
    }
    Scores scores = options.scores().orElse(ending.scores());
    Optional<Activation> asked = options.activation();
    Activation activation =
        asked.orElseGet(
            () ->
                scores == Scores.LOGITS
                        || scores == card.scores()
                        || card.activation() == Activation.SIGMOID
                    ? card.activation()
                    : Scoring.of(scores).activation());
    boolean ofClasses =
        scores == Scores.SOFTMAX || (ending == Ending.LOG_SOFTMAX && options.scores().isEmpty());
    if (ofClasses && activation == Activation.SIGMOID) {
      throw Failure.badInput(
          "[%s] its activation is to be a sigmoid, of any number of labels an image, but it ends in"
              + " a %s, of classes of which an image has one; %s, or say by --scores what it gives",
          source,
          ending.isOfClasses() ? ending.words() : "softmax",
          asked.isPresent() ? "leave --activation out" : "save it without that end");
    }
    return new Scoring(scores, activation);
  }

  private Failure constant(Scoring scoring) {
    return scoring.scores() == Scores.SOFTMAX
        ? Failure.badInput(
            "[%s] ends in a softmax of one number, which is 1 for every image; save it without that"
                + " end, or end it before: --output LAYER",
            source)
        : Failure.badInput(
            "[%s] gives one number for an image, of which a softmax makes 1 for every image; if it"
                + " is a label's logit, add --activation sigmoid; if it is no class at all, name the"
                + " layer that gives it: --output LAYER",
            source);
  }
}
