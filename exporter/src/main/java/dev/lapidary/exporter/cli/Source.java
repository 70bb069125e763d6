package dev.lapidary.exporter.cli;

import dev.lapidary.models.archive.ArchiveReader;
import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.file.FileHash;
import dev.lapidary.models.file.Unfinished;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Pretrained;
import dev.lapidary.models.zoo.StateEntry;
import dev.lapidary.models.zoo.UntrainedCard;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model to export: an archive that libtorch can load, and its card.
 *
 * @param file the archive's file
 * @param temporary true if the file was built here and is deleted by {@link #close}
 * @param match how a weights file fitted; empty for an archive
 */
record Source(
    Path file,
    boolean temporary,
    TorchScriptArchive archive,
    Optional<ModelCard> card,
    Optional<MatchReport> match)
    implements AutoCloseable {
  /** What a run directory's best model is called. */
  private static final String MODEL = "model.pt";

  private static final int IMAGENET_CLASSES = 1000;

  /**
   * A run directory, a TorchScript archive, or a weights file with {@code --arch}; up to the layer
   * that {@code --output} names.
   */
  static Source read(Path path, SourceOptions options) {
    Source whole = whole(path, options);
    return options.layer == null ? whole : Cut.of(whole, options.layer, options);
  }

  private static Source whole(Path path, SourceOptions options) {
    if (options.arch != null) {
      return built(Zoo.find(options.arch), path, options);
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
    return new Source(file, false, archive, card, Optional.empty());
  }

  private static Source built(Architecture architecture, Path weights, SourceOptions asked) {
    NamedTensors read = WeightsFile.read(weights);
    Pretrained loaded =
        Pretrained.ofItsClasses(architecture, options(architecture, asked), read, 0);
    requireWhole(architecture, loaded.report(), weights);
    List<String> known = HeadLabels.of(read);
    List<String> labels =
        asked.labelNames().orElse(known.size() == loaded.classes() ? known : List.of());
    if (!labels.isEmpty() && labels.size() != loaded.classes()) {
      throw Failure.badInput(
          "[%s] --labels has %d names, %s of these weights has %d classes",
          weights.getFileName(), labels.size(), architecture.name(), loaded.classes());
    }
    int size = options(architecture, asked).inputSize().orElse(architecture.inputSize());
    if (asked.crop != null && asked.crop != size) {
      throw Failure.badInput(
          "--crop is %d but the input is %d; --input 3x%dx%d changes it",
          asked.crop, size, asked.crop, asked.crop);
    }
    ModelCard card =
        UntrainedCard.of(
                architecture,
                architecture
                    .preprocessing(size)
                    .with(Optional.ofNullable(asked.resize), given(asked.mean), given(asked.std)),
                labels,
                String.valueOf(weights.getFileName()),
                FileHash.sha256(weights))
            .withActivation(asked.activation().orElse(HeadLabels.activation(read)));
    try {
      Path file = Files.createTempFile("lapidary-", ".pt");
      Unfinished.add(file);
      TorchScriptArchive archive = loaded.archive().withExtra(Map.of());
      ArchiveWriter.write(archive, file);
      return new Source(file, true, archive, Optional.of(card), Optional.of(loaded.report()));
    } catch (IOException e) {
      throw Failure.failed("the archive cannot be written: %s", String.valueOf(e.getMessage()));
    }
  }

  private static Optional<List<Float>> given(List<Float> numbers) {
    return numbers.isEmpty() ? Optional.empty() : Optional.of(numbers);
  }

  private static ZooOptions options(Architecture architecture, SourceOptions asked) {
    ZooOptions published = ZooOptions.of(IMAGENET_CLASSES, 0);
    Optional<List<Long>> shape = asked.inputShape();
    if (shape.isEmpty()) {
      return published;
    }
    List<Long> square = List.of(3L, shape.get().get(1), shape.get().get(1));
    if (!shape.get().equals(square)) {
      throw Failure.badInput(
          "--input is %s; %s takes 3 channels and a square, as 3x%d",
          String.valueOf(asked.input), architecture.name(), architecture.inputSize());
    }
    return published.withInputSize(shape.get().get(1).intValue());
  }

  /**
   * Random numbers are not exported. Auxiliary heads are for training only; integers are counters,
   * and indices that every network is built with.
   */
  private static void requireWhole(Architecture architecture, MatchReport report, Path weights) {
    List<String> auxiliary =
        architecture.auxiliaryHeads().stream()
            .map(head -> head.name().replaceFirst("\\..*", "."))
            .toList();
    Set<String> integers =
        architecture.state(ZooOptions.of(1, 0)).stream()
            .filter(entry -> !entry.dtype().isFloating())
            .map(StateEntry::name)
            .collect(Collectors.toSet());
    List<String> lacking =
        Stream.of(
                report.missing().stream().map(MatchReport.Absent::name),
                report.mismatched().stream().map(MatchReport.Mismatched::name),
                report.replacedHeads().stream().map(head -> head.layer() + ".weight"))
            .flatMap(names -> names)
            .filter(name -> !integers.contains(name))
            .filter(name -> auxiliary.stream().noneMatch(name::startsWith))
            .toList();
    if (!lacking.isEmpty()) {
      throw Failure.badInput(
          "[%s] lacks %d tensors of %s, such as %s%s; give weights of this architecture",
          weights.getFileName(),
          lacking.size(),
          architecture.name(),
          lacking.get(0),
          report.unexpected().isEmpty()
              ? ""
              : ", and has others, such as " + report.unexpected().get(0).name());
    }
  }

  /** What is left when the archive itself is not needed any more: it may be large. */
  record OnDisk(Path file, boolean temporary) implements AutoCloseable {
    @Override
    public void close() {
      if (temporary) {
        try {
          Files.deleteIfExists(file);
          Unfinished.remove(file);
        } catch (IOException e) {
          throw Failure.failed("[%s] cannot be deleted: %s", file, String.valueOf(e.getMessage()));
        }
      }
    }
  }

  /** What weights gave, to print. */
  void say(Consumer<String> log) {
    match.ifPresent(report -> log.accept(report.text().stripTrailing()));
  }

  OnDisk onDisk() {
    return new OnDisk(file, temporary);
  }

  @Override
  public void close() {
    onDisk().close();
  }
}
