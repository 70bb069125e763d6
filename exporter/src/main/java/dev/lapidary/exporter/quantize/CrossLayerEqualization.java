package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntBinaryOperator;
import java.util.function.IntToDoubleFunction;

/**
 * Gives the channels between two layers ranges that eight bits can hold together: channel c is
 * divided by s[c] where it is made and multiplied where it is read, which changes no result (Nagel
 * et al., Data-Free Quantization, 2019, section 4.1).
 *
 * <pre>{@code
 * W1[c] / s[c], b1[c] / s[c]  ->  Relu  ->  W2[:, c] * s[c]       s[c] = sqrt(r1[c] / r2[c])
 * }</pre>
 *
 * <p>The paper takes r1 from W1's rows and r2 from W2's columns. Here the rows have scales of their
 * own, so r1 is the range of the values themselves on the calibration images, and r2 that of a
 * column beside the greatest weight in each of its rows. Where each row reads one channel alone
 * (depthwise), r2 does not matter and s[c] is r1[c].
 *
 * <p>Relu6 is not the same after a division. Written as {@code Clip(0, 6 * s[c])} of the channel it
 * would be; as all channels share one Clip, s[c] stays 1 for those that reach 6, and for the others
 * it leaves them the headroom of {@value #HEADROOM} times what they reached.
 */
record CrossLayerEqualization(OnnxGraph graph, Observations seen) {
  private static final double HEADROOM = 1.25;

  /** Beyond that a float32 weight loses nothing yet, and no channel is worth it. */
  private static final double MAX_RATIO = 1e8;

  /**
   * A changed copy; empty if no two layers follow each other so.
   *
   * @param seen of the graph
   */
  static Optional<OnnxGraph> of(OnnxGraph graph, Observations seen) {
    OnnxGraph copy = graph.copy();
    CrossLayerEqualization equalization = new CrossLayerEqualization(copy, seen);
    graph.nodes().forEach(node -> equalization.from(node.output()));
    return copy.nodes().equals(graph.nodes()) ? Optional.empty() : Optional.of(copy);
  }

  /**
   * Two layers that share channels.
   *
   * @param value between them, where each channel is what is quantized
   * @param cap of the Clip between them; infinite if there is none
   */
  private record Pair(OnnxNode first, OnnxNode second, String value, double cap) {}

  private void from(String value) {
    graph.producer(value).filter(this::isLayer).flatMap(this::pair).ifPresent(this::equalize);
  }

  private boolean isLayer(OnnxNode node) {
    return (node.is("Conv") || node.isPlainGemm())
        && isFloat(node.input(1))
        && (!node.hasInput(2) || isFloat(node.input(2)));
  }

  private boolean isFloat(String value) {
    return graph.initializer(value).filter(t -> t.dtype() == DType.FLOAT32).isPresent();
  }

  private Optional<Pair> pair(OnnxNode first) {
    String value = first.output();
    double cap = Double.POSITIVE_INFINITY;
    Optional<OnnxNode> reader = reader(value);
    if (reader.filter(r -> r.is("Relu", "LeakyRelu", "Clip")).isPresent()) {
      OnnxNode activation = reader.get();
      if (activation.is("Clip")) {
        cap = cap(activation);
      }
      value = activation.output();
      reader = reader(value);
    }
    String quantized = value;
    while (reader.filter(r -> r.is("MaxPool", "AveragePool", "GlobalAveragePool")).isPresent()
        && reader.get().outputs().size() == 1) {
      reader = reader(reader.get().output());
    }
    double limit = cap;
    return reader
        .filter(second -> limit > 0 && second.is("Conv") && isLayer(second))
        .map(second -> new Pair(first, second, quantized, limit));
  }

  /** The one node that reads a value, as its activation. */
  private Optional<OnnxNode> reader(String value) {
    return graph.isOutput(value)
        ? Optional.empty()
        : graph.soleConsumer(value).filter(r -> r.input(0).equals(value));
  }

  /** 0 if the Clip is none that begins at 0. */
  private double cap(OnnxNode clip) {
    double min = constant(clip, 1, Double.NEGATIVE_INFINITY);
    return min == 0 ? constant(clip, 2, Double.POSITIVE_INFINITY) : 0;
  }

  private double constant(OnnxNode node, int input, double absent) {
    if (!node.hasInput(input)) {
      return absent;
    }
    return graph
        .initializer(node.input(input))
        .filter(t -> t.numel() == 1 && t.dtype() == DType.FLOAT32)
        .map(t -> (double) t.toFloats()[0])
        .orElse(Double.NaN);
  }

  private void equalize(Pair pair) {
    float[] reached = seen.channelMagnitudes(pair.value());
    Tensor first = graph.initializer(pair.first().input(1)).orElseThrow();
    int axis = InsertQdq.channelAxis(pair.first());
    if (reached.length != first.size(axis)) {
      return;
    }
    double[] scales = scales(pair, reached);
    if (Arrays.stream(scales).allMatch(s -> s == 1)) {
      return;
    }
    int inner = axis == 0 ? (int) (first.numel() / first.size(0)) : 1;
    OnnxNode divided = scaled(pair.first(), 1, i -> 1 / scales[i / inner % scales.length]);
    if (divided.hasInput(2)) {
      divided = scaled(divided, 2, i -> 1 / scales[i % scales.length]);
    }
    graph.replace(pair.first(), divided);
    Tensor second = graph.initializer(pair.second().input(1)).orElseThrow();
    IntBinaryOperator channel = BiasCorrection.inputChannels(pair.second(), second);
    int each = (int) (second.numel() / second.size(0));
    graph.replace(
        pair.second(), scaled(pair.second(), 1, i -> scales[channel.applyAsInt(i, i / each)]));
  }

  /** With a constant of its own, since another layer may read the one that there is. */
  private OnnxNode scaled(OnnxNode node, int input, IntToDoubleFunction factor) {
    String name = node.input(input);
    Tensor tensor = graph.initializer(name).orElseThrow();
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor.applyAsDouble(i));
    }
    Tensor scaled = Tensor.of(values, tensor.shape());
    return node.withInput(input, graph.addInitializer(name + "/equalized", scaled));
  }

  private double[] scales(Pair pair, float[] reached) {
    double[] columns = columns(pair.second(), reached.length);
    boolean depthwise = Arrays.stream(columns).allMatch(c -> c == 1 || c == 0);
    double[] scales = new double[reached.length];
    double maximum = 0;
    for (int c = 0; c < scales.length; c++) {
      boolean used = reached[c] > 0 && columns[c] > 0;
      scales[c] = !used ? 0 : depthwise ? reached[c] : Math.sqrt(reached[c] / columns[c]);
      maximum = Math.max(maximum, scales[c]);
    }
    for (int c = 0; c < scales.length; c++) {
      double minimum =
          Double.isInfinite(pair.cap())
              ? 1 / MAX_RATIO
              : Math.min(1, HEADROOM * reached[c] / pair.cap());
      scales[c] = scales[c] == 0 ? 1 : Math.max(minimum, scales[c] / maximum);
    }
    return scales;
  }

  /** How great each channel's weights are beside the greatest of the rows that they are in. */
  private double[] columns(OnnxNode second, int channels) {
    Tensor tensor = graph.initializer(second.input(1)).orElseThrow();
    float[] weight = tensor.toFloats();
    IntBinaryOperator channel = BiasCorrection.inputChannels(second, tensor);
    int each = (int) (tensor.numel() / tensor.size(0));
    double[] columns = new double[channels];
    for (int row = 0; row < tensor.size(0); row++) {
      double greatest = 0;
      for (int i = row * each; i < (row + 1) * each; i++) {
        greatest = Math.max(greatest, Math.abs(weight[i]));
      }
      for (int i = row * each; i < (row + 1) * each && greatest > 0; i++) {
        int c = channel.applyAsInt(i, row);
        columns[c] = Math.max(columns[c], Math.abs(weight[i]) / greatest);
      }
    }
    return columns;
  }
}
