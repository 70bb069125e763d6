package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.surgery.LayerOutput;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.trace.TraceOptions;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** {@code --output}: a source that ends at one of its layers, as an archive of its own. */
final class Cut {
  /** The word for what goes into the last layer. */
  static final String FEATURES = "features";

  private Cut() {}

  /**
   * Closes the source that is given.
   *
   * @param layer a module's path, or {@link #FEATURES}, as in {@code trainer features}
   * @throws Failure (exit 2) if there is no such module, or it does not take one tensor to one
   */
  static Source of(Source source, String layer, SourceOptions options) {
    try (source) {
      if (options.labels != null) {
        throw Failure.badInput(
            "--labels names classes, and --output ends before them; leave it out");
      }
      return of(source, layer, Cards.of(source, options), options);
    }
  }

  /** The trunk of a source that stays open, whatever is said of its classes. */
  static Source trunk(Source source, ModelCard card, SourceOptions options) {
    return of(source, FEATURES, card, options);
  }

  private static Source of(Source source, String layer, ModelCard card, SourceOptions options) {
    return Source.temporary(
        cut(source.archive(), layer, card, options),
        String.valueOf(source.file().getFileName()),
        Optional.of(described(card, layer)),
        source.note());
  }

  private static TorchScriptArchive cut(
      TorchScriptArchive archive, String layer, ModelCard card, SourceOptions options) {
    if (!layer.equals(FEATURES)) {
      return LayerOutput.of(archive, layer);
    }
    TraceOptions whole = Cards.image(card, options.logits());
    return LayerOutput.inputOf(archive, HeadSearch.find(archive, whole).get(0).name());
  }

  /** Labels, metrics and images with logits are the whole network's. */
  private static ModelCard described(ModelCard card, String layer) {
    return new ModelCard(
        card.name(),
        card.version(),
        card.architecture() + ":" + layer,
        List.of(),
        Activation.SOFTMAX,
        Scores.LOGITS,
        card.input(),
        card.preprocessing(),
        Optional.empty(),
        new TreeMap<>(),
        card.provenance(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
