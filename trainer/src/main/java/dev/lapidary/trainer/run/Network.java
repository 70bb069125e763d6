package dev.lapidary.trainer.run;

import dev.lapidary.models.archive.ArchiveReader;
import dev.lapidary.models.archive.PyValue.PyTensor;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.script.StateDict;
import dev.lapidary.models.tensor.RandomStream;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.weights.Match;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Architecture.AuxiliaryHead;
import dev.lapidary.models.zoo.Stage;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.trainer.plan.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The network that a run begins with: from the zoo or from a file, pretrained weights filled in,
 * its head made for the data's classes.
 *
 * @param architecture the zoo's name, or the root class of the file
 * @param headPath the last layer's module path
 * @param layers prefixes of names from the stem to the head, for layer-wise rates
 * @param weightsSource the file's name, or {@code random}
 * @param weightsSha256 of that file; empty if random
 * @param pretrained names of the tensors whose values come from a file
 * @param notes what a user should know of where the weights come from
 */
record Network(
    TorchScriptArchive archive,
    String architecture,
    Preprocessing preprocessing,
    String headPath,
    List<List<String>> layers,
    String weightsSource,
    String weightsSha256,
    Set<String> pretrained,
    List<String> notes) {

  /**
   * @throws Failure (exit 2) for an unknown architecture, a file that is no archive, weights that
   *     do not fit
   */
  static Network of(RunConfig config, List<String> labels) throws IOException {
    Network fresh =
        config.model().file().isPresent()
            ? ofFile(config, Path.of(config.model().file().get()), labels)
            : ofZoo(config, labels.size());
    if (config.model().weights().isEmpty()) {
      return fresh;
    }
    Path file = Path.of(config.model().weights().get());
    requireFile(file, "weights");
    NamedTensors source = WithoutForeignHead.of(WeightsFile.read(file), fresh.headPath, labels);
    Match match = Match.of(source, StateDict.of(fresh.archive));
    match.requireAtLeast(config.model().minMatch()).apply();
    return fresh.with(file, Fingerprint.of(file), match.report());
  }

  /**
   * Weights of the losses of the heads that {@code forward_aux} gives after the logits; none if the
   * network has no such method.
   */
  List<Double> auxiliaryWeights() {
    boolean has = archive.code().values().stream().anyMatch(t -> t.contains("def forward_aux("));
    return Zoo.lookup(architecture)
        .filter(known -> has)
        .map(known -> known.auxiliaryHeads().stream().map(AuxiliaryHead::lossWeight).toList())
        .orElse(List.of());
  }

  /** The number of the layer that a parameter belongs to: 0 is the stem. */
  int layerOf(String parameter) {
    for (int i = 0; i < layers.size(); i++) {
      for (String prefix : layers.get(i)) {
        if (parameter.equals(prefix) || parameter.startsWith(prefix + ".")) {
          return i;
        }
      }
    }
    return 0;
  }

  /** What a layer is called: the first and the last of its modules. */
  String layerName(int layer) {
    List<String> modules = layers.get(layer);
    return modules.size() == 1
        ? modules.get(0)
        : modules.get(0) + " … " + modules.get(modules.size() - 1);
  }

  private static Network ofZoo(RunConfig config, int classes) {
    Architecture architecture = Zoo.find(config.model().arch().orElseThrow());
    ZooOptions published = ZooOptions.of(classes, config.seed());
    Optional<Integer> size = config.model().inputSize();
    ZooOptions options = size.isPresent() ? published.withInputSize(size.get()) : published;
    return new Network(
        architecture.build(options),
        architecture.name(),
        size.map(architecture::preprocessing).orElse(architecture.preprocessing()),
        architecture.headName(),
        architecture.stages().stream().map(Stage::modules).toList(),
        "random",
        "",
        Set.of(),
        List.of("weights: random, seed " + config.seed()));
  }

  private static Network ofFile(RunConfig config, Path file, List<String> labels)
      throws IOException {
    requireFile(file, "model");
    TorchScriptArchive archive = ArchiveReader.read(file);
    List<String> notes = new ArrayList<>();
    notes.add("weights: " + file.getFileName());
    Optional<ModelCard> card =
        Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
            .map(json -> CardJson.read(json, file.toString()));
    Preprocessing preprocessing =
        card.flatMap(ModelCard::preprocessing)
            .orElseGet(() -> askedPreprocessing(config.model(), file, notes));
    StateDict state = StateDict.of(archive);
    String head = headOf(state, file);
    List<String> known = card.map(ModelCard::labels).orElse(List.of());
    boolean foreign = !known.isEmpty() && !known.equals(labels);
    Set<String> pretrained = new LinkedHashSet<>();
    state.entries().forEach(entry -> pretrained.add(entry.name()));
    pretrained.removeAll(fitHead(state, head, labels.size(), foreign, config.seed(), notes));
    return new Network(
        archive,
        card.map(ModelCard::architecture).orElse(archive.root().className()),
        preprocessing,
        head,
        layersOf(state),
        String.valueOf(file.getFileName()),
        Fingerprint.of(file),
        pretrained,
        notes);
  }

  private static Preprocessing askedPreprocessing(
      RunConfig.Model model, Path file, List<String> notes) {
    int crop =
        model
            .inputSize()
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "[%s] it has no model card, so its preprocessing is not known; give"
                            + " --input-size, and --resize, --mean, --std where they are not 8/7 of"
                            + " that and ImageNet's",
                        file.getFileName()));
    int resize = model.resize().orElse((int) Math.round(crop * 256 / 224.0));
    Preprocessing usual = Preprocessing.imageNet(resize, crop);
    notes.add("no model card: resize %d, crop %d as asked for".formatted(resize, crop));
    return new Preprocessing(
        usual.resize(),
        resize,
        usual.interpolation(),
        crop,
        crop,
        model.mean().orElse(usual.mean()),
        model.std().orElse(usual.std()),
        usual.colour());
  }

  private static String headOf(StateDict state, Path file) {
    String last =
        state.entries().stream()
            .filter(e -> e.kind() == StateDict.Kind.PARAMETER && e.tensor().rank() >= 2)
            .reduce((a, b) -> b)
            .orElseThrow(
                () -> Failure.badInput("[%s] it has no weights to train", file.getFileName()))
            .name();
    return last.contains(".") ? last.substring(0, last.lastIndexOf('.')) : last;
  }

  /**
   * Gives the head fresh weights if it has other classes; returns their names. The archive's text
   * names no sizes, so a weight of another first size is enough.
   */
  private static Set<String> fitHead(
      StateDict state, String head, int classes, boolean foreign, long seed, List<String> notes) {
    Set<String> replaced = new LinkedHashSet<>();
    for (String attribute : List.of("weight", "bias")) {
      Optional<StateDict.Entry> found = state.find(head + "." + attribute);
      if (found.isEmpty() || (!foreign && found.get().tensor().size(0) == classes)) {
        continue;
      }
      StateDict.Entry entry = found.get();
      long[] shape = entry.tensor().shape();
      if (attribute.equals("weight")) {
        notes.add(
            "head %s: %d%s classes in the file, %d here: its weights are fresh"
                .formatted(head, shape[0], foreign ? " other" : "", classes));
      }
      shape[0] = classes;
      long fanIn = state.find(head + ".weight").orElseThrow().tensor().numel();
      fanIn /= state.find(head + ".weight").orElseThrow().tensor().size(0);
      Tensor fresh = uniform(1 / Math.sqrt((double) fanIn), seed, entry.name(), shape);
      entry.owner().attributes().put(attribute, new PyTensor(fresh, true));
      replaced.add(entry.name());
    }
    return replaced;
  }

  private static Tensor uniform(double bound, long seed, String name, long... shape) {
    RandomStream random = RandomStream.of(seed, 0, 0, "head " + name);
    float[] values = new float[Math.toIntExact(Tensor.numel(shape))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.uniform(-bound, bound);
    }
    return Tensor.of(values, shape);
  }

  /** A third party's layers: the part of the path up to the first number, else its first name. */
  private static List<List<String>> layersOf(StateDict state) {
    Set<String> prefixes = new LinkedHashSet<>();
    for (StateDict.Entry entry : state.entries()) {
      String[] parts = entry.name().split("\\.");
      StringBuilder prefix = new StringBuilder(parts[0]);
      for (int i = 1; i < parts.length - 1 && !parts[i - 1].matches("\\d+"); i++) {
        if (parts[i].matches("\\d+")) {
          prefix.append('.').append(parts[i]);
        } else {
          break;
        }
      }
      prefixes.add(prefix.toString());
    }
    return prefixes.stream().map(List::of).toList();
  }

  private Network with(Path weights, String sha256, MatchReport report) {
    Set<String> filled = new LinkedHashSet<>(pretrained);
    report.loaded().forEach(tensor -> filled.add(tensor.name()));
    List<String> all = new ArrayList<>();
    all.add("weights: " + weights.getFileName());
    report.text().lines().forEach(all::add);
    return new Network(
        archive,
        architecture,
        preprocessing,
        headPath,
        layers,
        String.valueOf(weights.getFileName()),
        sha256,
        filled,
        all);
  }

  private static void requireFile(Path file, String what) {
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput("%s: there is no such %s file", file, what);
    }
  }
}
