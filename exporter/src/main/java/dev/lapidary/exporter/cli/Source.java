package dev.lapidary.exporter.cli;

import dev.lapidary.models.archive.ArchiveReader;
import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.StateEntry;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A model to export: an archive that libtorch can load, and its card.
 *
 * @param file the archive's file
 * @param temporary true if the file was built here and is deleted by {@link #close}
 */
record Source(Path file, boolean temporary, TorchScriptArchive archive, Optional<ModelCard> card)
    implements AutoCloseable {
  /** What a run directory's best model is called. */
  private static final String MODEL = "model.pt";

  /** A run directory, a TorchScript archive, or a weights file with {@code --arch}. */
  static Source read(Path path, SourceOptions options) {
    if (options.arch != null) {
      return built(Zoo.find(options.arch), path);
    }
    Path file = Files.isDirectory(path) ? path.resolve(MODEL) : path;
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput(
          "%s does not exist; give a run directory with a model.pt or a TorchScript archive", file);
    }
    TorchScriptArchive archive = ArchiveReader.read(file);
    Optional<ModelCard> card =
        Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
            .map(bytes -> CardJson.read(bytes, String.valueOf(file.getFileName())));
    return new Source(file, false, archive, card);
  }

  private static Source built(Architecture architecture, Path weights) {
    NamedTensors tensors = WeightsFile.read(weights);
    ZooOptions options = ZooOptions.of(classes(architecture, tensors, weights), 0);
    List<String> missing =
        architecture.state(options).stream()
            .filter(entry -> !tensors.tensors().containsKey(entry.name()))
            .filter(entry -> !entry.name().endsWith("num_batches_tracked"))
            .map(StateEntry::name)
            .toList();
    if (!missing.isEmpty()) {
      throw Failure.badInput(
          "[%s] lacks %d tensors of %s, such as %s; give weights of this architecture",
          weights.getFileName(), missing.size(), architecture.name(), missing.get(0));
    }
    ModelCard card =
        new ModelCard(
            architecture.name(),
            "1",
            architecture.name(),
            List.of(),
            Cards.input(
                List.of(
                    (long) architecture.preprocessing().channels(),
                    (long) architecture.inputSize(),
                    (long) architecture.inputSize())),
            Optional.of(architecture.preprocessing()),
            new TreeMap<>(),
            new ModelCard.Provenance("", "", String.valueOf(weights.getFileName()), ""),
            Optional.empty(),
            Optional.empty(),
            List.of());
    try {
      Path file = Files.createTempFile("lapidary-", ".pt");
      TorchScriptArchive archive =
          architecture
              .build(options, name -> Optional.ofNullable(tensors.tensors().get(name)))
              .withExtra(Map.of());
      ArchiveWriter.write(archive, file);
      return new Source(file, true, archive, Optional.of(card));
    } catch (IOException e) {
      throw Failure.failed("the archive cannot be written: %s", String.valueOf(e.getMessage()));
    }
  }

  private static int classes(Architecture architecture, NamedTensors tensors, Path weights) {
    String head = architecture.headName() + ".weight";
    var tensor = tensors.tensors().get(head);
    if (tensor == null) {
      throw Failure.badInput(
          "[%s] lacks %s, the head of %s; give weights of this architecture",
          weights.getFileName(), head, architecture.name());
    }
    return Math.toIntExact(tensor.size(0));
  }

  @Override
  public void close() {
    if (temporary) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw Failure.failed("[%s] cannot be deleted: %s", file, String.valueOf(e.getMessage()));
      }
    }
  }
}
