package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Optional;
import java.util.function.IntBinaryOperator;

/**
 * Where x86 CPUs without VNNI would compute something else: ONNX Runtime multiplies 0..255 by
 * -127..127 there with {@code vpmaddubsw}, which adds two products in 16 bits and saturates beyond
 * -32,768..32,767. Which two of a sum's products come together is the runtime's business, so an
 * output is safe only if its two greatest and its two least are, at the greatest levels that each
 * channel of the input had on calibration images. The weights of other outputs get 7 bits, with
 * which no input saturates.
 *
 * <p>Depthwise convolutions of images with one output a channel have kernels of their own, which
 * add in 32 bits: {@code benchmarks/int8/haswell.py} shows it, and that those of two outputs do
 * not.
 *
 * @param seen the inputs; empty if the CPU adds in 32 bits
 */
record PairSums(Optional<Observations> seen) {
  /** Nothing is watched: the CPU adds in 32 bits. */
  static final PairSums IN_32_BITS = new PairSums(Optional.empty());

  /** In 16 bits, for inputs as they were seen. */
  static PairSums in16Bits(Observations seen) {
    return new PairSums(Optional.of(seen));
  }

  /**
   * By output channel, whether two products may be too much.
   *
   * @param input of the values that the weights multiply
   * @return empty if none is
   */
  boolean[] saturating(OnnxGraph graph, OnnxNode node, QuantizedWeight weight, QuantParams input) {
    Tensor tensor = graph.initializer(node.input(1)).orElseThrow();
    if (seen.isEmpty() || isDepthwise(node, tensor)) {
      return new boolean[0];
    }
    int[] levels = levels(seen.get().channelMagnitudes(node.input(0)), input);
    int channels = weight.scales().length;
    int[][] extremes = new int[channels][4];
    IntBinaryOperator inputChannel = BiasCorrection.inputChannels(node, tensor);
    byte[] values = weight.values();
    for (int i = 0; i < values.length; i++) {
      int c = weight.channel(i);
      int from = inputChannel.applyAsInt(i, c);
      int level = from < levels.length ? levels[from] : input.type().max();
      insert(extremes[c], level * values[i]);
    }
    boolean[] beyond = new boolean[channels];
    boolean any = false;
    for (int c = 0; c < channels; c++) {
      beyond[c] =
          extremes[c][0] + extremes[c][1] > Short.MAX_VALUE
              || extremes[c][2] + extremes[c][3] < Short.MIN_VALUE;
      any |= beyond[c];
    }
    return any ? beyond : new boolean[0];
  }

  private static boolean isDepthwise(OnnxNode node, Tensor weight) {
    return node.is("Conv")
        && weight.rank() == 4
        && weight.size(1) == 1
        && node.intOr("group", 1) == weight.size(0);
  }

  /** Into the two greatest, the greatest first, and the two least, the least first. */
  private static void insert(int[] extremes, int product) {
    if (product > extremes[0]) {
      extremes[1] = extremes[0];
      extremes[0] = product;
    } else if (product > extremes[1]) {
      extremes[1] = product;
    } else if (product < extremes[2]) {
      extremes[3] = extremes[2];
      extremes[2] = product;
    } else if (product < extremes[3]) {
      extremes[3] = product;
    }
  }

  /** The greatest that each channel may be; what lies beside the image is the zero point. */
  private static int[] levels(float[] magnitudes, QuantParams input) {
    int[] levels = new int[magnitudes.length];
    for (int c = 0; c < levels.length; c++) {
      levels[c] = input.quantize(magnitudes[c]);
    }
    return levels;
  }
}
