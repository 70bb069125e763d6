package dev.lapidary.trainer.run.network;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.WeightsChoice;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.plan.ModelConfig;
import dev.lapidary.trainer.plan.RunConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** A network of the zoo, as its options say. */
final class ZooNetwork {
  private ZooNetwork() {}

  /**
   * Random; where weights are to come, still blank.
   *
   * @throws Failure (exit 2) for an unknown name, or an option that the network has no use for
   */
  static Network build(RunConfig config, int classes) {
    ModelConfig model = config.model();
    Architecture architecture = Zoo.find(model.arch().orElseThrow());
    ZooOptions options = options(config, classes);
    architecture.requireUse(options);
    TorchScriptArchive archive =
        model.weights().isPresent() ? architecture.blank(options) : architecture.build(options);
    List<String> notes = new ArrayList<>(List.of("weights: random, seed " + config.seed()));
    return new Network(
        archive,
        architecture.name(),
        preprocessing(architecture, model, notes),
        heads(architecture, model),
        architecture.stages(),
        new LinkedHashSet<>(Network.parameters(archive)),
        "random",
        "",
        Optional.empty(),
        notes);
  }

  static ZooOptions options(RunConfig config, int classes) {
    ModelConfig model = config.model();
    return new ZooOptions(
        classes, config.seed(), model.dropout(), model.stochasticDepth(), inputSize(model));
  }

  /** Weights may have been trained at another size than the architecture's own. */
  private static Optional<Integer> inputSize(ModelConfig model) {
    Architecture architecture = Zoo.find(model.arch().orElseThrow());
    int side = WeightsChoice.rule(weights(model), architecture, model.inputSize()).cropHeight();
    return model.inputSize().isEmpty() && side == architecture.inputSize()
        ? Optional.empty()
        : Optional.of(side);
  }

  /** Whose weights the model is to have. */
  static Optional<WeightsChoice> weights(ModelConfig model) {
    return model.weights().map(said -> WeightsChoice.of(said, model.arch().map(Zoo::find)));
  }

  private static List<String> heads(Architecture architecture, ModelConfig model) {
    String head = model.head().name().orElse(architecture.headName());
    if (!head.equals(architecture.headName())) {
      throw Failure.badInput(
          "--head %s: the head of %s is %s; leave the option out",
          head, architecture.name(), architecture.headName());
    }
    List<String> heads = new ArrayList<>(List.of(head));
    architecture.auxiliaryHeads().forEach(auxiliary -> heads.add(auxiliary.name()));
    return heads;
  }

  /** The published one belongs to the published weights; others may need another. */
  private static Preprocessing preprocessing(
      Architecture architecture, ModelConfig model, List<String> notes) {
    Optional<WeightsChoice> weights = weights(model);
    Preprocessing own = WeightsChoice.rule(weights, architecture, model.inputSize());
    Preprocessing rule =
        own.with(model.resize(), model.interpolation(), model.mean(), model.std())
            .over(model.background().orElse(own.alpha()));
    String whose =
        weights
            .filter(choice -> choice.preprocessing().isPresent())
            .map(WeightsChoice::name)
            .orElse(architecture.name());
    if (!rule.equals(own)) {
      notes.add(
          "preprocessing: %s as asked for; published for %s: %s"
              .formatted(rule.text(), whose, own.text()));
    } else if (!whose.equals(architecture.name())) {
      notes.add("preprocessing: %s, as %s expects".formatted(rule.text(), whose));
    }
    return rule;
  }
}
