package dev.lapidary.trainer.run;

import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.trainer.report.Measures;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Writes the model card of a run's result. */
final class Cards {
  private Cards() {}

  static ModelCard of(RunInputs inputs, Delivery.Measured measured) {
    Network network = inputs.network();
    Preprocessing rule = network.preprocessing();
    TreeMap<String, Double> metrics = new TreeMap<>();
    metrics.put("val_accuracy", measured.validation().accuracy());
    metrics.put("val_loss", measured.validation().loss());
    List<String> labels = inputs.data().train().labels();
    measured
        .test()
        .ifPresent(
            test -> {
              Measures measures = test.measures(labels);
              metrics.put("test_accuracy", measures.accuracy());
              metrics.put("test_accuracy_low", measures.accuracyInterval().low());
              metrics.put("test_accuracy_high", measures.accuracyInterval().high());
              metrics.put("test_loss", measures.loss());
            });
    String name = inputs.config().model().name();
    return new ModelCard(
        name.isBlank() ? network.architecture() : name,
        "1",
        network.architecture(),
        labels,
        new ModelCard.Input(
            "input", "NCHW", rule.channels(), rule.cropHeight(), rule.cropWidth(), "float32"),
        Optional.of(rule),
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
}
