package dev.lapidary.trainer.run.stage;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses to train a BatchNorm on one value a channel, as PyTorch does ({@code
 * torch/nn/functional.py}, {@code _verify_batch_size}): its variance is 0, its unbiased variance
 * NaN. libtorch computes that without a word, and the next evaluation answers NaN.
 */
public final class SingleValueNorms {
  private static final String BATCH_NORM = "aten::batch_norm";

  private SingleValueNorms() {}

  /**
   * @param config with its batch sizes
   * @throws Failure (exit 2) naming the stage and the norm
   */
  public static void require(RunConfig config, Dataset train, Network network) {
    NamePatterns patterns = new NamePatterns(network.parameters(), network.heads());
    Optional<List<String>> norms = Optional.empty();
    for (int i = 0; i < config.stages().size(); i++) {
      StageConfig stage = config.stages().get(i);
      int batch = Math.min(stage.batchSize(), images(config, train, i));
      if (batch > 1) {
        continue; // what is left over of an epoch is never one image: EpochBatches
      }
      norms = Optional.of(norms.orElseGet(() -> ofOneValue(network)));
      Set<String> trained = patterns.trained(stage);
      List<String> live =
          norms.get().stream().filter(path -> isLive(path, trained, network)).toList();
      if (!live.isEmpty()) {
        throw Failure.badInput(
            "stage %s trains on one image at a time, of which BatchNorm %s%s gets one value a"
                + " channel, whose variance is no number: expected more than 1 value per channel"
                + " when training; %s, or freeze it",
            stage.name(),
            live.get(0),
            live.size() > 1 ? " (and " + (live.size() - 1) + " more)" : "",
            stage.batchSize() > 1
                ? "give more than one training image"
                : "use a batch size of 2 or more, or a larger input");
      }
    }
  }

  private static int images(RunConfig config, Dataset train, int stage) {
    return EpochBatches.of(
            train,
            config.data().sampling(),
            config.seed(),
            config.epochsBefore(stage),
            config.stages().get(stage),
            config.rounds().smallest())
        .order()
        .length;
  }

  /** Paths of the BatchNorms that see one position of an image; none if it cannot be traced. */
  private static List<String> ofOneValue(Network network) {
    List<Node> nodes = network.traced().map(Graph::nodes).orElse(List.of());
    return nodes.stream()
        .filter(node -> node.operator().equals(BATCH_NORM) && seesOneValue(node))
        .map(Node::scope)
        .distinct()
        .toList();
  }

  private static boolean seesOneValue(Node node) {
    return node.argument("input") instanceof Argument.Value input
        && input.shape().stream()
            .limit(1)
            .allMatch(batch -> batch.perBatch() && batch.factor() == 1)
        && input.shape().stream().skip(2).allMatch(size -> size.at(1) == 1);
  }

  /** As {@code ModuleTree} has it: in train mode are modules with a trained parameter in them. */
  private static boolean isLive(String path, Set<String> trained, Network network) {
    String module = path;
    while (!module.isEmpty()) {
      String below = module + ".";
      if (network.parameters().stream().anyMatch(name -> name.startsWith(below))) {
        return trained.stream().anyMatch(name -> name.startsWith(below));
      }
      module = module.contains(".") ? module.substring(0, module.lastIndexOf('.')) : "";
    }
    return !trained.isEmpty();
  }
}
