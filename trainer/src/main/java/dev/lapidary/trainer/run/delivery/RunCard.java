package dev.lapidary.trainer.run.delivery;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.report.Interval;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.report.MultiLabelMeasures;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes the model card of a run's result. */
final class RunCard {
  private RunCard() {}

  static ModelCard of(RunInputs inputs, DeliveredScores measured) {
    Network network = inputs.network();
    Preprocessing rule = network.preprocessing();
    TreeMap<String, Double> metrics = new TreeMap<>();
    BestBy by = inputs.config().checkpoints().bestBy();
    put(metrics, "val_", by, measured.validation());
    measured.test().ifPresent(test -> put(metrics, "test_", by, test));
    String name = inputs.config().model().name();
    return new ModelCard(
        name.isBlank() ? network.architecture() : name,
        "1",
        network.architecture(),
        inputs.data().train().labels(),
        inputs.data().train().task().activation(),
        Scores.LOGITS,
        new ModelCard.Input(
            "input", "NCHW", rule.channels(), rule.cropHeight(), rule.cropWidth(), "float32"),
        Optional.of(rule),
        Optional.empty(),
        metrics,
        new ModelCard.Provenance(
            inputs.identity().runId(),
            inputs.identity().manifestSha256(),
            network.weightsSource(),
            network.weightsSha256()),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  /** Intervals of what was measured once: of test images. */
  private static void put(
      Map<String, Double> metrics, String part, BestBy by, ValidationScores scores) {
    Measures measures = scores.measures();
    scores.balancedAccuracy(by).ifPresent(mean -> metrics.put(part + "balanced_accuracy", mean));
    metrics.put(part + "loss", measures.loss());
    if (measures instanceof MultiLabelMeasures several) {
      metrics.put(part + "map", several.meanAveragePrecision());
      metrics.put(part + "micro_f1", several.microF1());
      metrics.put(part + "macro_f1", several.macroF1());
      metrics.put(part + "subset_accuracy", several.accuracy());
      several
          .meanAveragePrecisionInterval()
          .ifPresent(interval -> put(metrics, part + "map", interval));
      return;
    }
    metrics.put(part + "accuracy", measures.accuracy());
    if (part.equals("test_")) {
      put(metrics, part + "accuracy", measures.accuracyInterval());
    }
  }

  private static void put(Map<String, Double> metrics, String name, Interval interval) {
    metrics.put(name + "_low", interval.low());
    metrics.put(name + "_high", interval.high());
  }
}
