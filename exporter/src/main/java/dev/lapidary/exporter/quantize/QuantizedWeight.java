package dev.lapidary.exporter.quantize;

import java.util.function.Supplier;

/**
 * A weight as int8 with a scale for each output channel, and its bias as int32.
 *
 * <p>ONNX Runtime adds the bias to the int32 accumulator, so it has the scale {@code inputScale *
 * scales[c]}. A channel whose weights are almost zero (a dead channel after BatchNorm was folded)
 * has a tiny scale, and its bias would overflow int32: the channel's scale is raised until the
 * bias' magnitude is at most {@value #LARGEST_BIAS}. That also leaves the accumulator its headroom,
 * and the weights of such a channel lose nothing that was visible beside its bias.
 *
 * @param values in the weight's own order; not to be changed, as all arrays here
 * @param scales one a channel
 * @param bias one a channel, or empty if there is none
 * @param biasScales {@code inputScale * scales[c]}, in float32; empty without a bias
 * @param inner how many values of a channel lie together
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record QuantizedWeight(byte[] values, float[] scales, int[] bias, float[] biasScales, int inner) {
  static final int LARGEST_BIAS = 1 << 24;

  /**
   * @param weight row-major; element i belongs to channel {@code i / inner % channels}: inner is 1
   *     for a MatMul's {@code [in, out]}, and the rest of the shape for {@code [out, ...]}
   * @param bias one a channel, or empty
   * @param inputScale of the activation that the weight multiplies
   * @param narrow which channels have 7 bits; empty if none has
   */
  static QuantizedWeight of(
      float[] weight, int channels, int inner, float[] bias, float inputScale, boolean[] narrow) {
    float[] magnitudes = new float[channels];
    for (int from = 0, c = 0; from < weight.length; from += inner, c = (c + 1) % channels) {
      float magnitude = magnitudes[c];
      for (int i = from; i < from + inner; i++) {
        magnitude = Math.max(magnitude, Math.abs(weight[i]));
      }
      magnitudes[c] = magnitude;
    }
    float[] scales = new float[channels];
    byte[] values = new byte[weight.length];
    for (int c = 0; c < channels; c++) {
      Range range = new Range(-magnitudes[c], magnitudes[c]);
      QuantParams params = QuantParams.of(range, type(narrow, c));
      scales[c] = params.scale();
      quantize(weight, inner, channels, c, params, values);
    }
    return new QuantizedWeight(values, scales, new int[0], new float[0], inner)
        .withBias(() -> weight, bias, inputScale, narrow);
  }

  private static void quantize(
      float[] weight, int inner, int channels, int c, QuantParams params, byte[] values) {
    for (int from = c * inner; from < weight.length; from += channels * inner) {
      for (int i = from; i < from + inner; i++) {
        values[i] = (byte) params.quantize(weight[i]);
      }
    }
  }

  /**
   * The same with a bias. Channels whose bias would overflow have a greater scale, and so other
   * integers; else these are the same array.
   *
   * @param weight gives what the integers are of
   */
  QuantizedWeight withBias(
      Supplier<float[]> weight, float[] bias, float inputScale, boolean[] narrow) {
    byte[] integers = values;
    float[] raised = scales.clone();
    int[] biases = new int[bias.length];
    float[] scalesOfBias = new float[bias.length];
    for (int c = 0; c < bias.length; c++) {
      QuantParams params = new QuantParams(scales[c], 0, type(narrow, c));
      QuantParams enough = raisedFor(bias[c], inputScale, params);
      if (enough.scale() > params.scale()) {
        integers = integers == values ? values.clone() : integers;
        raised[c] = enough.scale();
        quantize(weight.get(), inner, scales.length, c, enough, integers);
      }
      scalesOfBias[c] = inputScale * raised[c];
      biases[c] = (int) Math.rint(bias[c] / (double) scalesOfBias[c]);
    }
    return new QuantizedWeight(integers, raised, biases, scalesOfBias, inner);
  }

  private static QuantParams raisedFor(float bias, float inputScale, QuantParams params) {
    // The smallest normal float keeps inputScale * scale from vanishing when both are tiny.
    double min = Math.max(Math.abs((double) bias) / LARGEST_BIAS, Float.MIN_NORMAL) / inputScale;
    if (params.scale() >= min) {
      return params;
    }
    return new QuantParams(Math.nextUp((float) min), 0, params.type());
  }

  static QuantType type(boolean[] narrow, int channel) {
    return channel < narrow.length && narrow[channel]
        ? QuantType.S7_SYMMETRIC
        : QuantType.S8_SYMMETRIC;
  }

  /** The channel of a value of {@link #values}. */
  int channel(int index) {
    return index / inner % scales.length;
  }

  /** The same scales with other integers. */
  QuantizedWeight withValues(byte[] others) {
    return new QuantizedWeight(others, scales, bias, biasScales, inner);
  }

  /** Another choice of integers for the channels that have the scales it was made for. */
  QuantizedWeight rounded(QuantizedWeight choice) {
    byte[] chosen = values.clone();
    for (int i = 0; i < chosen.length; i++) {
      int c = channel(i);
      chosen[i] = scales[c] == choice.scales[c] ? choice.values[i] : chosen[i];
    }
    return withValues(chosen);
  }
}
