package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.pass.Channels;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A {@code batch_norm} behind a {@code conv2d}, a {@code conv_transpose2d} or a {@code linear} goes
 * into its weight and bias.
 *
 * <pre>
 *   y = batch_norm(conv2d(x, W, b), g, beta, m, v)
 *   →
 *   y = conv2d(x, W g / sqrt(v + eps), (b - m) g / sqrt(v + eps) + beta)
 * </pre>
 *
 * Computed in double, rounded once, as the ONNX pass does it. It does not fire where anything else
 * reads the layer's output or where activations stand between.
 */
final class FoldBatchNorm {
  private final Map<Integer, Integer> uses = new HashMap<>();
  private final Map<Integer, Node> producers = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();

  private FoldBatchNorm() {}

  static Graph of(Graph graph) {
    FoldBatchNorm fold = new FoldBatchNorm();
    graph.outputs().forEach(fold::use);
    graph.nodes().forEach(node -> node.read().forEach(fold::use));
    graph.nodes().forEach(fold::add);
    return new Graph(graph.name(), graph.inputs(), fold.nodes, graph.outputs());
  }

  private void use(Value value) {
    uses.merge(value.id(), 1, Integer::sum);
  }

  private void add(Node node) {
    Node added = node;
    if (node.operator().equals("aten::batch_norm") && node.argument("input") instanceof Value x) {
      Optional<Node> layer =
          Optional.ofNullable(producers.get(x.id())).filter(n -> uses.getOrDefault(x.id(), 0) == 1);
      Optional<Node> folded = layer.flatMap(n -> folded(n, node));
      folded.ifPresent(unused -> nodes.remove(layer.orElseThrow()));
      added = folded.orElse(node);
    }
    nodes.add(added);
    for (Value output : added.outputs()) {
      producers.put(output.id(), added);
    }
  }

  private static Optional<Node> folded(Node layer, Node norm) {
    int axis = outputAxis(layer);
    if (axis < 0
        || !(layer.argument("weight") instanceof Constant weight)
        || weight.tensor().dtype() != DType.FLOAT32) {
      return Optional.empty();
    }
    int channels = Math.toIntExact(weight.tensor().size(axis));
    Optional<double[]> gamma = channelwise(norm, "weight", channels, 1);
    Optional<double[]> beta = channelwise(norm, "bias", channels, 0);
    Optional<double[]> mean = channelwise(norm, "running_mean", channels, 0);
    Optional<double[]> variance = channelwise(norm, "running_var", channels, 1);
    Optional<double[]> old = channelwise(layer, "bias", channels, 0);
    if (gamma.isEmpty()
        || beta.isEmpty()
        || mean.isEmpty()
        || variance.isEmpty()
        || old.isEmpty()
        || !(norm.argument("eps") instanceof Argument.Real epsilon)) {
      return Optional.empty();
    }
    // ONNX's epsilon is a float32: rounded here too, so that both files hold equal weights.
    double eps = (float) epsilon.value();
    double[] factors = new double[channels];
    double[] bias = new double[channels];
    for (int c = 0; c < channels; c++) {
      factors[c] = gamma.get()[c] / Math.sqrt(variance.get()[c] + eps);
      bias[c] = (old.get()[c] - mean.get()[c]) * factors[c] + beta.get()[c];
    }
    return Optional.of(
        with(
            layer,
            new Constant(weight.name(), Channels.scaled(weight.tensor(), axis, factors)),
            new Constant(biasName(layer, weight), Channels.vector(bias)),
            norm.outputs()));
  }

  /** The weight's axis of output channels, or -1 if this layer cannot take the norm in. */
  private static int outputAxis(Node layer) {
    return switch (layer.operator()) {
      case "aten::conv2d" -> 0;
      case "aten::conv_transpose2d" ->
          layer.argument("groups").equals(new Argument.Int(SymInt.of(1))) ? 1 : -1;
      // Of [N, C]: of a higher rank the norm's channels are not the linear layer's.
      case "aten::linear" -> layer.output().rank() == 2 ? 0 : -1;
      default -> -1;
    };
  }

  /** A vector of one number a channel; None is a vector of the default. */
  private static Optional<double[]> channelwise(
      Node node, String parameter, int channels, double otherwise) {
    Argument argument = node.argument(parameter);
    if (argument == Argument.None.NONE) {
      double[] values = new double[channels];
      Arrays.fill(values, otherwise);
      return Optional.of(values);
    }
    return argument instanceof Constant constant
            && constant.tensor().dtype() == DType.FLOAT32
            && constant.tensor().numel() == channels
        ? Optional.of(constant.tensor().toDoubles())
        : Optional.empty();
  }

  private static String biasName(Node layer, Constant weight) {
    return layer.argument("bias") instanceof Constant bias
        ? bias.name()
        : weight.name().replaceFirst("weight$", "bias");
  }

  private static Node with(Node layer, Constant weight, Constant bias, List<Value> outputs) {
    List<Argument> arguments = new ArrayList<>(layer.arguments());
    arguments.set(layer.schema().indexOf("weight"), weight);
    arguments.set(layer.schema().indexOf("bias"), bias);
    return layer.with(arguments, outputs);
  }
}
