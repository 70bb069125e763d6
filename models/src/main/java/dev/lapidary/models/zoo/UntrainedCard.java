package dev.lapidary.models.zoo;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Input;
import dev.lapidary.core.card.ModelCard.Provenance;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The card of a network that has not been trained here. */
public final class UntrainedCard {
  private UntrainedCard() {}

  /**
   * @param labels by class index; empty if unknown
   * @param weightsSource a file's name, or {@code random}
   * @param weightsSha256 of that file; empty if random
   */
  public static ModelCard of(
      Architecture architecture,
      Preprocessing preprocessing,
      List<String> labels,
      String weightsSource,
      String weightsSha256) {
    return new ModelCard(
        architecture.name(),
        "1",
        architecture.name(),
        labels,
        Activation.SOFTMAX,
        Scores.LOGITS,
        new Input(
            "input",
            "NCHW",
            preprocessing.channels(),
            preprocessing.cropHeight(),
            preprocessing.cropWidth(),
            "float32"),
        Optional.of(preprocessing),
        Optional.empty(),
        new TreeMap<>(),
        new Provenance("", "", weightsSource, weightsSha256),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
