package dev.lapidary.trainer.run.evaluate;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.network.LogitsEnd;
import dev.lapidary.trainer.run.network.Network;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A network with a card, which says what its images and its classes are. */
record TrainedNetwork(
    Path file, TorchScriptArchive archive, ModelCard card, Preprocessing preprocessing) {

  /**
   * @param source a run directory or a TorchScript archive
   * @throws Failure (exit 2) if there is no card, or no preprocessing in it
   */
  static TrainedNetwork read(Path source) {
    Path file = archiveOf(source);
    TorchScriptArchive archive = NetworkFile.read(file);
    ModelCard card =
        Network.card(archive, file)
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "[%s] it has no model card; give a file of trainer run, or of trainer init",
                        file));
    Preprocessing preprocessing =
        card.preprocessing()
            .orElseThrow(() -> Failure.badInput("[%s] its model card has no preprocessing", file));
    return new TrainedNetwork(file, archive, card, preprocessing);
  }

  private static Path archiveOf(Path source) {
    if (Files.isRegularFile(source)) {
      return source;
    }
    RunDirectory.requireRun(source);
    Path model = RunDirectory.modelOf(source);
    if (!Files.isRegularFile(model)) {
      throw Failure.badInput(
          "%s has no model.pt yet: the run is not finished; go on with 'trainer resume %s'",
          source, source);
    }
    return model;
  }

  TraceOptions image() {
    return Network.traceOptions(preprocessing);
  }

  /** Its scores have become logits. */
  TorchScriptArchive measurable() {
    return LogitsEnd.measurable(archive, Optional.of(card), file, image());
  }
}
