package dev.lapidary.trainer.run;

import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.data.TrainingData;
import dev.lapidary.trainer.plan.RunConfig;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Writes the model card of a run's result. */
final class Cards {
  private Cards() {}

  static ModelCard of(
      RunConfig config, TrainingData data, Network network, Identity identity, Best best) {
    Preprocessing rule = network.preprocessing();
    TreeMap<String, Double> metrics = new TreeMap<>();
    if (config.checkpoints().deliver() == RunConfig.Deliver.BEST) {
      metrics.put("val_accuracy", best.accuracy());
      metrics.put("val_loss", best.loss());
    }
    String name = config.model().name();
    return new ModelCard(
        name.isBlank() ? network.architecture() : name,
        "1",
        network.architecture(),
        data.train().labels(),
        new ModelCard.Input(
            "input", "NCHW", rule.channels(), rule.cropHeight(), rule.cropWidth(), "float32"),
        Optional.of(rule),
        metrics,
        new ModelCard.Provenance(
            identity.runId(),
            identity.manifestSha256(),
            network.weightsSource(),
            network.weightsSha256()),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
