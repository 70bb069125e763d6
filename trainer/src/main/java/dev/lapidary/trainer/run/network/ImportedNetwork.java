package dev.lapidary.trainer.run.network;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Head;
import dev.lapidary.models.zoo.HeadReplacement;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.models.zoo.Stage;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.trainer.plan.ModelConfig;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.LossOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A network that comes as a TorchScript archive: our own, or anyone's. */
final class ImportedNetwork {
  private static final String RANDOM = "random";

  private ImportedNetwork() {}

  /**
   * The file's network, its heads made for these classes.
   *
   * @throws Failure (exit 2) if it is no archive, its preprocessing is not known, or its head is
   *     not found
   */
  static Network read(RunConfig config, List<String> labels) throws IOException {
    Path file = NetworkFile.at(Path.of(config.model().file().orElseThrow()));
    requireFile(file);
    NetworkFile opened = NetworkFile.open(file);
    requireFloats(opened, file);
    TorchScriptArchive read = opened.archive();
    NotFinite.requireFinite(read, file);
    Optional<ModelCard> card = Network.card(read, file);
    List<String> notes = new ArrayList<>(List.of("weights: " + file.getFileName()));
    opened.printed().ifPresent(program -> notes.add(program.words()));
    Preprocessing rule = preprocessing(config.model(), card, opened, file, notes);
    TraceOptions image = Network.traceOptions(rule);
    boolean binary = config.loss().function() == LossOptions.Kind.BCE;
    TorchScriptArchive archive = LogitsEnd.trainable(read, card, file, image, binary, notes);
    Optional<String> named = config.model().head().name();
    List<Head> heads =
        named.isPresent()
            ? HeadSearch.find(archive, named.get(), image)
            : HeadSearch.find(archive, image);
    boolean untrained =
        card.map(ModelCard::provenance)
            .filter(p -> p.weightsSource().equals(RANDOM) && p.runId().isEmpty())
            .isPresent();
    Set<String> fresh = new LinkedHashSet<>(untrained ? Network.parameters(archive) : List.of());
    fresh.addAll(fitted(archive, heads, card, labels, config, image, notes));
    return new Network(
        archive,
        card.map(ModelCard::architecture).orElse(archive.root().className()),
        rule,
        heads.stream().map(Head::name).toList(),
        stages(archive, card),
        fresh,
        String.valueOf(file.getFileName()),
        Sha256.of(file),
        Optional.empty(),
        notes);
  }

  /** torchvision's and timm's {@code --model} are names of networks. */
  private static void requireFile(Path file) {
    String name = file.toString();
    if (!Files.isRegularFile(file)) {
      throw Zoo.lookup(name).isPresent()
          ? Failure.badInput(
              "%s: there is no such model file; the architecture of that name is --arch %s,"
                  + " --weights imagenet its pretrained weights",
              name, name)
          : Failure.badInput("%s: there is no such model file", name);
    }
  }

  /** Replaces heads of other classes; the names of what is random then. */
  private static List<String> fitted(
      TorchScriptArchive archive,
      List<Head> heads,
      Optional<ModelCard> card,
      List<String> labels,
      RunConfig config,
      TraceOptions image,
      List<String> notes) {
    Head head = heads.get(0);
    List<String> known = card.map(ModelCard::labels).orElse(List.of());
    boolean foreign = !known.isEmpty() && !known.equals(labels);
    if (head.classes() == labels.size() && !foreign) {
      notes.add(
          "head %s: %d classes in the file and here: its weights stay"
              .formatted(head.name(), head.classes()));
      return List.of();
    }
    HeadReplacement.apply(
        archive, heads, labels.size(), Network.init(config.model().head()), config.seed(), image);
    List<String> fresh = new ArrayList<>();
    for (Head one : heads) {
      notes.add(
          "head %s: %d%s classes in the file, %d here: its weights are fresh"
              .formatted(one.name(), head.classes(), foreign ? " other" : "", labels.size()));
      fresh.add(one.weight().name());
      one.bias().ifPresent(bias -> fresh.add(bias.name()));
    }
    return fresh;
  }

  /** The zoo's, if the card names a network of the zoo. */
  private static List<Stage> stages(TorchScriptArchive archive, Optional<ModelCard> card) {
    return card.flatMap(c -> Zoo.lookup(c.architecture()))
        .map(Architecture::stages)
        .orElseGet(() -> Stage.derived(Network.parameters(archive)));
  }

  private static void requireFloats(NetworkFile network, Path file) {
    if (network.printed().filter(NetworkFile.Origin::quantized).isPresent()) {
      throw Failure.unsupported(
          "[%s] it is quantized (PT2E): its weights are integers, which are not trained; train the"
              + " float program, and 'exporter onnx --quantize int8' makes the result small",
          file.getFileName());
    }
  }

  private static Preprocessing preprocessing(
      ModelConfig model,
      Optional<ModelCard> card,
      NetworkFile network,
      Path file,
      List<String> notes) {
    Optional<Preprocessing> known = card.flatMap(ModelCard::preprocessing);
    if (known.isEmpty()) {
      return asked(model, exportedFor(network, model, file), file, notes);
    }
    int size = known.get().cropHeight();
    boolean said =
        model.resize().isPresent()
            || model.interpolation().isPresent()
            || model.mean().isPresent()
            || model.std().isPresent()
            || !model.background().orElse(known.get().alpha()).equals(known.get().alpha());
    if (said || model.inputSize().orElse(size) != size) {
      throw Failure.badInput(
          "[%s] its model card says the preprocessing, an input of %d pixels; leave --input-size,"
              + " --resize, --interpolation, --mean, --std and --alpha out",
          file.getFileName(), size);
    }
    return known.get();
  }

  /**
   * The side of the images that a program of torch.export takes; empty for an archive, and for a
   * program that takes any.
   */
  private static Optional<Integer> exportedFor(NetworkFile network, ModelConfig model, Path file) {
    Optional<List<Long>> shape = network.printed().map(NetworkFile.Origin::imageShape);
    Optional<Integer> side =
        shape
            .filter(s -> s.size() == 3 && s.get(1) > 0 && s.get(1).equals(s.get(2)))
            .map(s -> (int) Math.min(s.get(1), Integer.MAX_VALUE));
    boolean any = shape.isEmpty() || shape.get().subList(1, shape.get().size()).contains(0L);
    if (!any && (side.isEmpty() || !model.inputSize().orElse(side.get()).equals(side.get()))) {
      throw Failure.badInput(
          "[%s] it was exported for images of %s (C, H, W); %s",
          file.getFileName(),
          shape.get(),
          side.isPresent() ? "leave --input-size out" : "training takes squares");
    }
    return side;
  }

  private static Preprocessing asked(
      ModelConfig model, Optional<Integer> exportedFor, Path file, List<String> notes) {
    int crop =
        model
            .inputSize()
            .or(() -> exportedFor)
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "[%s] it has no model card, so its preprocessing is not known; give"
                            + " --input-size, and --resize, --mean, --std where they are not 8/7 of"
                            + " that and ImageNet's",
                        file.getFileName()));
    Preprocessing rule =
        Preprocessing.imageNet((int) Math.round(crop * 256 / 224.0), crop)
            .with(model.resize(), model.interpolation(), model.mean(), model.std())
            .over(model.background().orElse(Background.BLACK));
    notes.add("no model card: resize %d, crop %d as asked for".formatted(rule.resizeSize(), crop));
    return rule;
  }
}
