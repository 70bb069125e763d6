package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.models.surgery.Portable;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.Match;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Pretrained;
import dev.lapidary.models.zoo.StateEntry;
import dev.lapidary.models.zoo.UntrainedCard;
import dev.lapidary.models.zoo.WeightsChoice;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
 * @param folder that the file was built in here, alone; {@link #close} deletes both
 * @param note what to say of it: how a weights file fitted, or what was converted
 * @param origin the program of torch.export that the archive was printed from
 */
record Source(
    Path file,
    Optional<TemporaryFolder> folder,
    TorchScriptArchive archive,
    Optional<ModelCard> card,
    Optional<String> note,
    Optional<Origin> origin)
    implements AutoCloseable {
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
    Path file = archive(path);
    NetworkFile network = NetworkFile.open(file);
    TorchScriptArchive read = network.archive();
    Optional<TorchScriptArchive> portable = Portable.of(read);
    if (portable.isPresent() || network.printed().isPresent()) {
      return rewritten(file, network, portable.orElse(read));
    }
    Optional<ModelCard> card = read.card(String.valueOf(file.getFileName()));
    return new Source(file, Optional.empty(), read, card, Optional.empty(), Optional.empty());
  }

  /** What libtorch does not load as it is. */
  private static Source rewritten(Path file, NetworkFile network, TorchScriptArchive portable) {
    TorchScriptArchive read = network.archive();
    String name = String.valueOf(file.getFileName());
    Optional<String> note =
        Portable.otherType(read).map(type -> "[%s] %s".formatted(name, converted(type)));
    Optional<Origin> origin =
        network.printed().map(program -> new Origin(name, Sha256.of(file), program));
    Source written = temporary(portable, name, read.card(name), note);
    return new Source(
        written.file, written.folder, written.archive, written.card, written.note, origin);
  }

  /**
   * A program of torch.export.
   *
   * @param file its name
   */
  record Origin(String file, String sha256, NetworkFile.Origin program) {
    /** What the certificate says. */
    ModelCard.Provenance provenance() {
      return new ModelCard.Provenance("", "", file + ", " + program.words(), sha256);
    }
  }

  /** An archive that was made here, for libtorch to load. */
  static Source temporary(
      TorchScriptArchive archive, String name, Optional<ModelCard> card, Optional<String> note) {
    try {
      TemporaryFolder folder = TemporaryFolder.create("lapidary-");
      Path file = folder.resolve(name);
      ArchiveWriter.write(archive.withExtra(Map.of()), file);
      return new Source(file, Optional.of(folder), archive, card, note, Optional.empty());
    } catch (IOException e) {
      throw Failure.failed("the archive cannot be written: %s", Failure.reason(e));
    }
  }

  private static String converted(DType type) {
    return type == DType.FLOAT64
        ? "its float64 weights are rounded to float32, which images come as"
        : "its %s weights are taken as float32, which holds the same numbers"
            .formatted(type.name().toLowerCase(Locale.ROOT));
  }

  /** The file that is read; refuses (exit 2) at once what nobody needs a runtime for. */
  static Path file(Path path, SourceOptions options) {
    return options.arch == null ? archive(path) : path;
  }

  private static Path archive(Path path) {
    Path file = NetworkFile.at(path);
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput(
          "%s does not exist; give a run directory with a model.pt, a TorchScript archive or a"
              + " .pt2",
          file);
    }
    return file;
  }

  private static Source built(Architecture architecture, Path source, SourceOptions asked) {
    WeightsChoice choice = WeightsChoice.of(source.toString(), Optional.of(architecture));
    Path weights = choice.file(Optional.empty(), asked.progress());
    NamedTensors read = choice.read(weights);
    ZooOptions options = options(architecture, choice, asked);
    Pretrained loaded = Pretrained.ofItsClasses(architecture, options, read, 0);
    requireWhole(architecture, loaded.report(), weights, read);
    List<String> known = HeadLabels.of(read);
    List<String> labels =
        asked.labelNames().orElse(known.size() == loaded.classes() ? known : List.of());
    if (!labels.isEmpty() && labels.size() != loaded.classes()) {
      throw Failure.badInput(
          "[%s] --labels has %d names, %s of these weights has %d classes",
          weights.getFileName(), labels.size(), architecture.name(), loaded.classes());
    }
    int size = options.inputSize().orElse(architecture.inputSize());
    if (asked.crop != null && asked.crop != size) {
      throw Failure.badInput(
          "--crop is %d but the input is %d; --input 3x%dx%d changes it",
          asked.crop, size, asked.crop, asked.crop);
    }
    ModelCard card =
        UntrainedCard.of(
                architecture,
                WeightsChoice.rule(Optional.of(choice), architecture, Optional.of(size))
                    .with(
                        Optional.ofNullable(asked.resize),
                        Optional.ofNullable(asked.interpolation),
                        given(asked.mean),
                        given(asked.std))
                    .over(asked.alpha().orElse(Background.BLACK)),
                labels,
                choice.name(),
                WeightsFile.sha256(weights))
            .withActivation(asked.activation().orElse(HeadLabels.activation(read)));
    return temporary(
        loaded.archive(),
        architecture.name() + ".pt",
        Optional.of(card),
        Optional.of(loaded.report().text().stripTrailing()));
  }

  private static Optional<List<Float>> given(List<Float> numbers) {
    return numbers.isEmpty() ? Optional.empty() : Optional.of(numbers);
  }

  private static ZooOptions options(
      Architecture architecture, WeightsChoice weights, SourceOptions asked) {
    ZooOptions published = ZooOptions.of(IMAGENET_CLASSES, 0);
    Optional<List<Long>> shape = asked.inputShape();
    if (shape.isEmpty()) {
      int own =
          WeightsChoice.rule(Optional.of(weights), architecture, Optional.empty()).cropHeight();
      return own == architecture.inputSize() ? published : published.withInputSize(own);
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
  private static void requireWhole(
      Architecture architecture, MatchReport report, Path weights, NamedTensors read) {
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
    Optional<String> lookalike = Match.lookalike(read);
    if (!lacking.isEmpty() && lookalike.isPresent()) {
      throw Failure.badInput(
          "[%s] does not fit %s: %s; save the network by torch.jit.trace or torch.export and give"
              + " that file, without --arch",
          weights.getFileName(), architecture.name(), lookalike.get());
    }
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

  /** A program of torch.export as libtorch can load it; empty for what libtorch loads as it is. */
  static Optional<Source> printed(Path file) {
    NetworkFile network = NetworkFile.open(file);
    TorchScriptArchive read = network.archive();
    return network
        .printed()
        .map(program -> rewritten(file, network, Portable.of(read).orElse(read)));
  }

  /** What is left when the archive itself is not needed any more: it may be large. */
  record OnDisk(Path file, Optional<TemporaryFolder> folder) implements AutoCloseable {
    @Override
    public void close() {
      folder.ifPresent(TemporaryFolder::close);
    }
  }

  /** What the user should know of it. */
  void say(Consumer<String> log) {
    note.ifPresent(log);
    origin.ifPresent(
        o -> log.accept("[%s] %s, as TorchScript".formatted(o.file(), o.program().words())));
  }

  OnDisk onDisk() {
    return new OnDisk(file, folder);
  }

  @Override
  public void close() {
    onDisk().close();
  }
}
