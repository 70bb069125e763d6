package dev.lapidary.trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.fetch.WeightsCache;
import dev.lapidary.models.file.AtomicFile;
import dev.lapidary.models.file.FileHash;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.trace.TraceOptions;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Head;
import dev.lapidary.models.zoo.HeadInit;
import dev.lapidary.models.zoo.HeadReplacement;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.models.zoo.Pretrained;
import dev.lapidary.models.zoo.UntrainedCard;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trainer init}: an archive from an architecture and weights, without training. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description = "Writes a TorchScript model from an architecture and weights, untrained.")
final class InitCommand implements Runnable {
  private static final int IMAGENET_CLASSES = 1000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--arch",
      required = true,
      description = "An architecture; trainer archs lists all.")
  private String arch = "";

  @Option(
      names = "--weights",
      paramLabel = "FILE|URL",
      description =
          "Pretrained weights: .safetensors, .pth, .pt or .onnx; an https address is fetched once,"
              + " into LAPIDARY_CACHE. Default: random.")
  private @Nullable String weights;

  @Option(names = "--weights-sha256", description = "The SHA-256 that --weights must have.")
  private @Nullable String weightsSha256;

  @Option(
      names = "--min-match",
      defaultValue = "0.5",
      description = "Least part of the parameters that the weights must fit, 0 to 1.")
  private double minMatch;

  @Option(
      names = "--classes",
      description = "Classes. Default: as many as labels, else as the weights have, else 1000.")
  private @Nullable Integer classes;

  @Option(names = "--labels", description = "A text file, one label a line, by class index.")
  private @Nullable Path labels;

  @Option(
      names = "--head-init",
      description =
          "Draws the heads anew: default, xavier, kaiming, normal:STD, zero or constant:V.")
  private @Nullable String headInit;

  @Option(names = "--dropout", description = "Probability; default: the paper's.")
  private @Nullable Double dropout;

  @Option(names = "--stochastic-depth", description = "Of the last block; default: the paper's.")
  private @Nullable Double stochasticDepth;

  @Option(names = "--input-size", description = "Pixels of the square input; default: published.")
  private @Nullable Integer inputSize;

  @Option(names = "--seed", defaultValue = "0", description = "Of all random weights.")
  private long seed;

  @Option(names = "--out", required = true, description = "The model.pt to write.")
  private Path out = Path.of("");

  @Option(names = "--timings", description = "Print what loading the weights cost to stderr.")
  private boolean timings;

  @Option(names = "--force", description = "Replace an existing file.")
  private boolean force;

  @Override
  public void run() {
    AtomicFile.requireAbsent(out, force);
    Architecture architecture = Zoo.find(arch);
    Optional<HeadInit> init = Optional.ofNullable(headInit).map(HeadInit::parse);
    List<String> names = readLabels();
    ZooOptions options = options(names);
    architecture.requireUse(options);
    Optional<Path> file = weightsFile();
    TorchScriptArchive archive = network(architecture, options, names, file);
    Preprocessing preprocessing =
        inputSize == null ? architecture.preprocessing() : architecture.preprocessing(inputSize);
    init.ifPresent(how -> drawHeads(architecture, archive, preprocessing, how));
    ModelCard card =
        UntrainedCard.of(
            architecture,
            preprocessing,
            names,
            file.map(f -> weightsName()).orElse("random"),
            file.map(FileHash::sha256).orElse(""));
    byte[] json = CardJson.write(card).getBytes(UTF_8);
    ArchiveWriter.write(archive.withExtra(Map.of(TorchScriptArchive.CARD, json)), out);
    spec.commandLine().getErr().println("wrote " + out);
  }

  private ZooOptions options(List<String> names) {
    int known = names.isEmpty() ? IMAGENET_CLASSES : names.size();
    if (classes != null && !names.isEmpty() && classes != names.size()) {
      throw Failure.badInput(
          "--classes %d but %s has %d labels; leave one of them out",
          classes, String.valueOf(labels), known);
    }
    return new ZooOptions(
        classes == null ? known : classes,
        seed,
        dropout == null ? OptionalDouble.empty() : OptionalDouble.of(dropout),
        stochasticDepth == null ? OptionalDouble.empty() : OptionalDouble.of(stochasticDepth),
        inputSize == null ? OptionalInt.empty() : OptionalInt.of(inputSize));
  }

  private TorchScriptArchive network(
      Architecture architecture, ZooOptions options, List<String> names, Optional<Path> file) {
    if (file.isEmpty()) {
      return architecture.build(options);
    }
    boolean free = classes == null && names.isEmpty();
    LoadCost<Pretrained> cost =
        LoadCost.of(
            () -> {
              NamedTensors tensors = WeightsFile.read(file.get());
              return free
                  ? Pretrained.ofItsClasses(architecture, options, tensors, minMatch)
                  : Pretrained.of(architecture, options, tensors, minMatch);
            });
    Pretrained loaded = cost.result();
    PrintWriter err = spec.commandLine().getErr();
    err.print(loaded.report().text());
    if (timings) {
      err.println(cost.text(file.get().toFile().length()));
    }
    err.flush();
    return loaded.archive();
  }

  private void drawHeads(
      Architecture architecture,
      TorchScriptArchive archive,
      Preprocessing preprocessing,
      HeadInit init) {
    List<Head> heads = new ArrayList<>();
    heads.add(HeadSearch.named(archive, architecture.headName()));
    architecture
        .auxiliaryHeads()
        .forEach(head -> heads.add(HeadSearch.named(archive, head.name())));
    TraceOptions image =
        TraceOptions.of(
            preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth());
    int count = Math.toIntExact(heads.get(0).classes());
    HeadReplacement.apply(archive, heads, count, init, seed, image);
  }

  private List<String> readLabels() {
    if (labels == null) {
      return List.of();
    }
    List<String> names;
    try {
      names = Files.readAllLines(labels, UTF_8).stream().map(String::strip).toList();
    } catch (IOException e) {
      throw Failure.badInput(
          "%s cannot be read as UTF-8 text, one label a line (%s)",
          labels, e.getClass().getSimpleName());
    }
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).isEmpty() || names.indexOf(names.get(i)) < i) {
        throw Failure.badInput(
            "%s line %d: a label must be there and differ from those before it", labels, i + 1);
      }
    }
    if (names.isEmpty()) {
      throw Failure.badInput("%s is empty; write one label a line", labels);
    }
    return names;
  }

  private Optional<Path> weightsFile() {
    return Optional.ofNullable(weights)
        .map(
            location ->
                WeightsCache.ofUser()
                    .get(
                        location,
                        Optional.ofNullable(weightsSha256),
                        Terminal.progress(spec.commandLine().getErr())));
  }

  /** Without folder and host. */
  private String weightsName() {
    return String.valueOf(weights).replaceFirst("[?#].*", "").replaceFirst(".*/", "");
  }
}
