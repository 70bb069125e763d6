package dev.lapidary.trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.manifest.LabelFile;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Head;
import dev.lapidary.models.zoo.HeadInit;
import dev.lapidary.models.zoo.HeadLayers;
import dev.lapidary.models.zoo.HeadReplacement;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.models.zoo.Pretrained;
import dev.lapidary.models.zoo.UntrainedCard;
import dev.lapidary.models.zoo.WeightsChoice;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.trace.TraceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trainer init}: an archive from an architecture and weights, without training. */
@Command(
    name = "init",
    description = {
      "Writes a TorchScript model from an architecture and weights, untrained. What the weights",
      "gave is printed, and kept beside it: model.weights.json beside model.pt."
    })
final class InitCommand extends ProgramCommand {
  private static final int IMAGENET_CLASSES = 1000;

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(
      names = "--classes",
      description = "Classes. Default: as many as labels, else as the weights have, else 1000.")
  private @Nullable Integer classes;

  @Option(names = "--labels", description = "A text file, one label a line, by class index.")
  private @Nullable Path labels;

  @Option(
      names = "--alpha",
      paramLabel = "COLOUR",
      description =
          "What transparent images are put on: black, white, or a colour such as '#7f7f7f'; black"
              + " unless given.")
  private @Nullable String alpha;

  @Option(names = "--out", required = true, description = "The model.pt to write.")
  private Path out = Path.of("");

  @Option(names = "--timings", description = "Print what loading the weights cost to stderr.")
  private boolean timings;

  @Option(names = "--force", description = "Replace existing files.")
  private boolean force;

  /** A network, what its weights gave, and its classes if they are known. */
  private record Made(
      TorchScriptArchive archive,
      Optional<MatchReport> report,
      List<String> labels,
      Activation activation) {}

  @Override
  public Integer call() throws IOException {
    Path kept = besideTheModel();
    AtomicFile.requireAbsent(out, force);
    Architecture architecture = architecture();
    List<String> names = readLabels();
    Optional<WeightsChoice> weights =
        network.weights().map(said -> WeightsChoice.of(said, Optional.of(architecture)));
    Preprocessing own = WeightsChoice.rule(weights, architecture, network.inputSize);
    ZooOptions options = options(names, architecture, own);
    architecture.requireUse(options);
    Optional<HeadInit> init = network.headInit.map(HeadInit::parse);
    HeadLayers layers = new HeadLayers(network.headMlp, network.headDropout);
    Optional<Path> file =
        weights.map(choice -> choice.file(network.weightsSha256, Terminal.progress(err())));
    if (file.isPresent()) {
      AtomicFile.requireAbsent(kept, force);
    }
    Made made =
        file.isPresent()
            ? load(architecture, options, names, weights.get(), file.get())
            : new Made(architecture.build(options), Optional.empty(), names, Activation.SOFTMAX);
    Preprocessing rule =
        own.with(network.resize, network.interpolation, network.mean(), network.std())
            .over(alpha == null ? own.alpha() : Background.said("--alpha", alpha));
    weights
        .filter(choice -> choice.preprocessing().isPresent())
        .ifPresent(choice -> say(told(choice, own, rule)));
    TorchScriptArchive archive = withHeadLayers(architecture, made.archive, layers, init);
    init.ifPresent(how -> drawHeads(architecture, archive, rule, how));
    ModelCard card =
        UntrainedCard.of(
                architecture,
                rule,
                made.labels,
                weights.map(WeightsChoice::name).orElse("random"),
                file.map(WeightsFile::sha256).orElse(""))
            .withActivation(made.activation);
    byte[] json = CardJson.write(card).getBytes(UTF_8);
    ArchiveWriter.write(archive.withExtra(Map.of(TorchScriptArchive.CARD, json)), out);
    say("wrote " + out);
    if (made.report.isPresent()) {
      String report = made.report.get().json();
      AtomicFile.write(kept, temporary -> Files.writeString(temporary, report));
    }
    return 0;
  }

  private Architecture architecture() {
    return Zoo.find(
        network.arch.orElseThrow(
            () -> Failure.badInput("--arch is missing; trainer archs lists them")));
  }

  private Path besideTheModel() {
    String name = String.valueOf(out.getFileName()).replaceFirst("(?<=.)\\.[^.]*$", "");
    return out.resolveSibling(name + ".weights.json");
  }

  private static String told(WeightsChoice choice, Preprocessing own, Preprocessing rule) {
    return rule.equals(own)
        ? "preprocessing: %s, as %s expects".formatted(own.text(), choice.name())
        : "preprocessing: %s as asked for; published for %s: %s"
            .formatted(rule.text(), choice.name(), own.text());
  }

  /** Weights may have been trained at another size than the architecture's own. */
  private ZooOptions options(List<String> names, Architecture architecture, Preprocessing own) {
    int known = names.isEmpty() ? IMAGENET_CLASSES : names.size();
    if (classes != null && !names.isEmpty() && classes != names.size()) {
      throw Failure.badInput(
          "--classes %d but %s has %d labels; leave one of them out",
          classes, String.valueOf(labels), known);
    }
    return new ZooOptions(
        classes == null ? known : classes,
        network.seed,
        network.dropout,
        network.stochasticDepth,
        network.inputSize.isEmpty() && own.cropHeight() == architecture.inputSize()
            ? Optional.empty()
            : Optional.of(own.cropHeight()));
  }

  private Made load(
      Architecture architecture,
      ZooOptions options,
      List<String> names,
      WeightsChoice choice,
      Path file) {
    boolean free = classes == null && names.isEmpty();
    LoadCost<Made> cost =
        LoadCost.of(
            () -> {
              NamedTensors read = choice.read(file);
              NamedTensors fitting =
                  names.isEmpty()
                      ? read
                      : HeadLabels.withoutForeignHead(read, architecture.headName(), names);
              Pretrained loaded =
                  free
                      ? Pretrained.ofItsClasses(architecture, options, fitting, network.minMatch())
                      : Pretrained.of(architecture, options, fitting, network.minMatch());
              List<String> known = names.isEmpty() && itsHead() ? HeadLabels.of(read) : names;
              return new Made(
                  loaded.archive(),
                  Optional.of(loaded.report()),
                  known.size() == loaded.classes() ? known : List.of(),
                  itsHead() && HeadLabels.of(read).equals(known)
                      ? HeadLabels.activation(read)
                      : Activation.SOFTMAX);
            });
    PrintWriter err = err();
    if (!choice.title().equals(choice.name())) {
      err.println("weights: " + choice.title());
    }
    cost.result().report.ifPresent(report -> err.print(report.text()));
    if (timings) {
      err.println(cost.text(file.toFile().length()));
    }
    err.flush();
    return cost.result();
  }

  /** Whether the head will be the weights' own. */
  private boolean itsHead() {
    return network.headInit.isEmpty() && network.headMlp.isEmpty();
  }

  private TorchScriptArchive withHeadLayers(
      Architecture architecture,
      TorchScriptArchive archive,
      HeadLayers layers,
      Optional<HeadInit> init) {
    String head = architecture.headName();
    if (layers.hidden().isPresent()) {
      say("head %s: drawn anew, behind a hidden layer".formatted(head));
    }
    return layers.before(archive, head, init.orElse(HeadInit.DEFAULT), network.seed);
  }

  private void drawHeads(
      Architecture architecture, TorchScriptArchive archive, Preprocessing rule, HeadInit init) {
    List<Head> heads = new ArrayList<>();
    heads.add(HeadSearch.named(archive, architecture.headName()));
    architecture.auxiliaryHeads().forEach(h -> heads.add(HeadSearch.named(archive, h.name())));
    TraceOptions image = TraceOptions.of(rule.channels(), rule.cropHeight(), rule.cropWidth());
    int count = Math.toIntExact(heads.get(0).classes());
    HeadReplacement.apply(archive, heads, count, init, network.seed, image);
    heads.forEach(head -> say("head %s: drawn anew (%s)".formatted(head.name(), init)));
  }

  private List<String> readLabels() {
    if (labels == null) {
      return List.of();
    }
    if (!Files.isRegularFile(labels)) {
      throw Failure.badInput(
          "--labels %s: there is no such file; expected a text file with a class a line, in the"
              + " order of the network's outputs",
          labels);
    }
    List<String> names = LabelFile.read(labels);
    Set<String> before = new HashSet<>();
    for (String name : names) {
      if (!before.add(name)) {
        throw Failure.badInput(
            "[%s] the label %s stands there twice; each must differ from those before it",
            labels, Quote.of(name));
      }
    }
    return names;
  }
}
