package dev.lapidary.trainer.run.network;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.FetchProgress;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.Match;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture.AuxiliaryHead;
import dev.lapidary.models.zoo.Head;
import dev.lapidary.models.zoo.HeadInit;
import dev.lapidary.models.zoo.HeadLayers;
import dev.lapidary.models.zoo.HeadReplacement;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.models.zoo.Stage;
import dev.lapidary.models.zoo.WeightsChoice;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.trainer.plan.ModelConfig;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.NetworkCut;
import dev.lapidary.trainer.program.ProgramOptions;
import dev.lapidary.trainer.program.SegmentFinder;
import dev.lapidary.trainer.program.Segments;
import dev.lapidary.trainer.program.TrainingProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The network that a run begins with: from the zoo or from a file, its head made for the data's
 * classes, pretrained weights filled in.
 *
 * @param architecture the zoo's name, or the root class of the file
 * @param heads the last layer's module path, then those of auxiliary heads
 * @param stages from the stem to the head, for layer-wise rates
 * @param fresh parameters that no file gave: they are random
 * @param weightsSource the file's name, or {@code random}
 * @param weightsSha256 of that file; empty if random
 * @param report how the weights file fitted; empty without one
 * @param notes what a user should know of where the weights come from
 */
public record Network(
    TorchScriptArchive archive,
    String architecture,
    Preprocessing preprocessing,
    List<String> heads,
    List<Stage> stages,
    Set<String> fresh,
    String weightsSource,
    String weightsSha256,
    Optional<MatchReport> report,
    List<String> notes) {

  /**
   * @throws Failure (exit 2) for an unknown architecture, a file that is no archive, a head that is
   *     not found, weights that do not fit
   */
  public static Network of(RunConfig config, List<String> labels, FetchProgress progress)
      throws IOException {
    Network bare =
        config.model().file().isPresent()
            ? ImportedNetwork.read(config, labels)
            : ZooNetwork.build(config, labels.size());
    return bare.withHeadLayers(config)
        .withWeights(config, labels, progress)
        .withDrawnHeads(config, labels);
  }

  /**
   * The network as a run trains it.
   *
   * @param ownOutputs where a second head is trained, how many outputs are the first one's; else 0
   */
  public TrainingProgram openProgram(RunConfig config, List<NetworkCut> cuts, int ownOutputs) {
    List<Double> auxiliary = config.loss().auxiliary() ? auxiliaryWeights() : List.of();
    return TrainingProgram.open(
        archive,
        config.firstDevice(),
        new ProgramOptions(
            config.precision().precision(),
            config.channelsLast(),
            auxiliary,
            cuts,
            segments(config),
            ownOutputs,
            config.model().minBatchNormMomentum()));
  }

  /**
   * What {@code --gradient-checkpointing} computes again; empty where all is kept.
   *
   * @throws Failure (exit 2) if the network cannot be divided
   */
  public Optional<Segments> segments(RunConfig config) {
    if (!config.gradientCheckpointing()) {
      return Optional.empty();
    }
    if (config.loss().auxiliary() && !auxiliaryWeights().isEmpty()) {
      throw Failure.badInput(
          "--gradient-checkpointing passes one tensor from segment to segment, and the auxiliary"
              + " heads of %s take more; add --no-auxiliary",
          architecture);
    }
    Optional<Segments> found = SegmentFinder.find(archive);
    if (found.isEmpty()) {
      throw Failure.badInput(
          "--gradient-checkpointing: nothing divides %s, whose forward is no list of steps from one"
              + " tensor to one tensor; leave the option out",
          architecture);
    }
    return found;
  }

  /** Its operators for one image's size; empty if it cannot be traced. */
  public Optional<Graph> traced() {
    return LogitsEnd.traced(archive, traceOptions(preprocessing));
  }

  /** The last layer's module path. */
  String headPath() {
    return heads.get(0);
  }

  /** Prefixes of names, stage by stage. */
  public List<List<String>> layers() {
    return stages.stream().map(Stage::modules).toList();
  }

  /**
   * Weights of the losses of the heads that {@code forward_aux} gives after the logits; none if the
   * network has no such method.
   */
  public List<Double> auxiliaryWeights() {
    Program program = new Program(archive.code());
    boolean has =
        program.requireClass(archive.root().className()).methods().containsKey("forward_aux");
    return Zoo.lookup(architecture)
        .filter(known -> has)
        .map(known -> known.auxiliaryHeads().stream().map(AuxiliaryHead::lossWeight).toList())
        .orElse(List.of());
  }

  /** What a stage is called: the first and the last of its modules. */
  public String layerName(int layer) {
    List<String> modules = stages.get(layer).modules();
    return modules.size() == 1
        ? modules.get(0)
        : modules.get(0) + " … " + modules.get(modules.size() - 1);
  }

  /** Parameters whose values come from a file. */
  public Set<String> pretrained() {
    Set<String> names = new LinkedHashSet<>(parameters());
    names.removeAll(fresh);
    return names;
  }

  /** The number of the stage that a parameter belongs to: 0 is the stem. */
  public int layerOf(String parameter) {
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).covers(parameter)) {
        return i;
      }
    }
    return 0;
  }

  /** Names of all parameters, in the order of the state_dict. */
  public List<String> parameters() {
    return parameters(archive);
  }

  static List<String> parameters(TorchScriptArchive archive) {
    return StateDict.of(archive).entries().stream()
        .filter(entry -> entry.kind() == StateDict.Kind.PARAMETER)
        .map(StateDict.Entry::name)
        .toList();
  }

  private Network withHeadLayers(RunConfig config) {
    ModelConfig.Head head = config.model().head();
    HeadLayers layers = new HeadLayers(head.mlp(), head.dropout());
    if (layers.isEmpty()) {
      return this;
    }
    TorchScriptArchive extended = layers.before(archive, headPath(), init(head), config.seed());
    Set<String> unloaded = new LinkedHashSet<>(fresh);
    if (head.mlp().isPresent()) {
      unloaded.addAll(layersOfMlp());
    }
    return with(extended, unloaded, notes);
  }

  private Network with(TorchScriptArchive other, Set<String> unloaded, List<String> said) {
    return new Network(
        other,
        architecture,
        preprocessing,
        heads,
        stages,
        unloaded,
        weightsSource,
        weightsSha256,
        report,
        said);
  }

  private Network withWeights(RunConfig config, List<String> labels, FetchProgress progress)
      throws IOException {
    if (config.model().weights().isEmpty()) {
      return this;
    }
    WeightsChoice choice = ZooNetwork.weights(config.model()).orElseThrow();
    Path file = choice.file(config.model().weightsSha256(), progress);
    if (!Files.exists(file)) {
      throw Failure.badInput("%s: there is no such weights file", file);
    }
    NamedTensors source = HeadLabels.withoutForeignHead(choice.read(file), headPath(), labels);
    StateDict state = StateDict.of(archive);
    Match match = Match.of(source, state);
    match.requireAtLeast(config.model().minMatch()).apply();
    Set<String> loaded =
        match.report().loaded().stream().map(MatchReport.Loaded::name).collect(Collectors.toSet());
    Set<String> unloaded = new LinkedHashSet<>(fresh);
    unloaded.removeAll(loaded);
    if (config.model().arch().isPresent()) {
      fillBlank(state, loaded, config, labels.size());
    }
    List<String> said = new ArrayList<>();
    said.add("weights: " + choice.title());
    match.report().text().lines().forEach(said::add);
    notes.stream().skip(1).forEach(said::add); // the first said what these weights replace
    return new Network(
        archive,
        architecture,
        preprocessing,
        heads,
        stages,
        unloaded,
        choice.name(),
        WeightsFile.sha256(file),
        Optional.of(match.report()),
        said);
  }

  /** Draws what the weights did not give to a network of the zoo. */
  private void fillBlank(StateDict state, Set<String> loaded, RunConfig config, int classes) {
    Set<String> drawn = new HashSet<>(loaded);
    if (config.model().head().mlp().isPresent()) {
      drawn.addAll(layersOfMlp());
    }
    Zoo.find(architecture)
        .fill(state, ZooNetwork.options(config, classes), name -> !drawn.contains(name));
  }

  /** What a hidden layer before the head brings, or changes the shape of. */
  private List<String> layersOfMlp() {
    return Stream.of("weight", "hidden.weight", "hidden.bias")
        .map(name -> headPath() + "." + name)
        .toList();
  }

  private Network withDrawnHeads(RunConfig config, List<String> labels) {
    if (config.model().head().init().isEmpty()) {
      return this;
    }
    HeadInit init = init(config.model().head());
    List<Head> found = heads.stream().map(name -> HeadSearch.named(archive, name)).toList();
    HeadReplacement.apply(
        archive, found, labels.size(), init, config.seed(), traceOptions(preprocessing));
    Set<String> unloaded = new LinkedHashSet<>(fresh);
    found.forEach(head -> unloaded.add(head.weight().name()));
    found.forEach(head -> head.bias().ifPresent(bias -> unloaded.add(bias.name())));
    List<String> said = new ArrayList<>(notes);
    said.add("head %s: drawn anew (%s)".formatted(String.join(", ", heads), init));
    return with(archive, unloaded, said);
  }

  static HeadInit init(ModelConfig.Head head) {
    return head.init().map(HeadInit::parse).orElse(HeadInit.DEFAULT);
  }

  /** Of the file that an archive was read from; empty if it has none. */
  public static Optional<ModelCard> card(TorchScriptArchive archive, Path file) {
    return Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
        .map(json -> CardJson.read(json, file.toString()));
  }

  public static TraceOptions traceOptions(Preprocessing rule) {
    return TraceOptions.of(rule.channels(), rule.cropHeight(), rule.cropWidth());
  }
}
