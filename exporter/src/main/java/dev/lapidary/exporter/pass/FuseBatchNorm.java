package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Optional;

/**
 * A BatchNormalization behind a Conv, ConvTranspose or Gemm goes into its weight and bias.
 *
 * <pre>
 *   x ── Conv(W, b) ── BatchNormalization(g, beta, m, v) ── y
 *   →
 *   x ── Conv(W g / sqrt(v + eps), (b - m) g / sqrt(v + eps) + beta) ── y
 * </pre>
 *
 * Computed in double, rounded once. It does not fire where anything else reads the Conv's output,
 * where a weight is not a constant, or where activations stand between (DenseNet's order).
 */
final class FuseBatchNorm implements NodePass {

  @Override
  public boolean changes(OnnxGraph graph, OnnxNode norm) {
    Optional<OnnxNode> source = graph.producer(norm.input(0));
    if (!norm.is("BatchNormalization")
        || source.isEmpty()
        || graph.soleConsumer(norm.input(0)).isEmpty()) {
      return false;
    }
    OnnxNode layer = source.get();
    int axis = outputAxis(layer);
    Optional<Tensor> weight = graph.initializer(layer.input(1)).filter(FuseBatchNorm::isFloat);
    if (axis < 0 || weight.isEmpty() || !constants(graph, norm) || !bias(graph, layer)) {
      return false;
    }
    int channels = (int) weight.get().size(axis);
    double[] gamma = doubles(graph, norm.input(1));
    double[] beta = doubles(graph, norm.input(2));
    double[] mean = doubles(graph, norm.input(3));
    double[] variance = doubles(graph, norm.input(4));
    double[] old = layer.hasInput(2) ? doubles(graph, layer.input(2)) : new double[channels];
    if (gamma.length != channels || old.length != channels) {
      return false;
    }
    double epsilon = norm.realOr("epsilon", 1e-5f);
    double[] factors = new double[channels];
    double[] bias = new double[channels];
    for (int c = 0; c < channels; c++) {
      factors[c] = gamma[c] / Math.sqrt(variance[c] + epsilon);
      bias[c] = (old[c] - mean[c]) * factors[c] + beta[c];
    }
    String fusedWeight =
        graph.addInitializer(layer.input(1), Channels.scaled(weight.get(), axis, factors));
    String biasName = layer.hasInput(2) ? layer.input(2) : layer.name() + ".bias";
    String fusedBias = graph.addInitializer(biasName, Channels.vector(bias));
    List<String> inputs = List.of(layer.input(0), fusedWeight, fusedBias);
    graph.remove(norm);
    graph.replace(layer, layer.withInputs(inputs).withOutputs(norm.outputs()));
    return true;
  }

  /** The weight's axis of output channels, or -1 if this layer cannot take the norm in. */
  private static int outputAxis(OnnxNode layer) {
    return switch (layer.op()) {
      case "Conv" -> 0;
      case "ConvTranspose" -> layer.intOr("group", 1) == 1 ? 1 : -1;
      case "Gemm" ->
          layer.realOr("alpha", 1) == 1 && layer.realOr("beta", 1) == 1
              ? (layer.intOr("transB", 0) == 1 ? 0 : 1)
              : -1;
      default -> -1;
    };
  }

  private static boolean constants(OnnxGraph graph, OnnxNode norm) {
    return norm.outputs().size() == 1
        && norm.intOr("training_mode", 0) == 0
        && norm.inputs().stream()
            .skip(1)
            .allMatch(input -> graph.initializer(input).filter(FuseBatchNorm::isFloat).isPresent());
  }

  private static boolean bias(OnnxGraph graph, OnnxNode layer) {
    return !layer.hasInput(2)
        || graph.initializer(layer.input(2)).filter(b -> isFloat(b) && b.rank() == 1).isPresent();
  }

  private static boolean isFloat(Tensor tensor) {
    return tensor.dtype() == DType.FLOAT32;
  }

  private static double[] doubles(OnnxGraph graph, String value) {
    return graph.initializer(value).orElseThrow().toDoubles();
  }
}
