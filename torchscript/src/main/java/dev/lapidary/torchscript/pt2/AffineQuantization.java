package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * The integers that a node of {@code torch.ops.quantized_decomposed} rounds to, and what they mean:
 * {@code real = (integer - zeroPoint) * scale}.
 *
 * @param scales one, or one for each channel
 * @param zeroPoints as many
 * @param axis of the channels; empty for one scale
 * @param quantMin integer
 * @param quantMax integer
 */
record AffineQuantization(
    List<Double> scales, List<Long> zeroPoints, OptionalLong axis, long quantMin, long quantMax) {
  private static final long SHIFT = 128;

  /** Whether the integers are int8. */
  boolean isSigned() {
    return quantMin < 0 && quantMin >= -SHIFT && quantMax < SHIFT;
  }

  /**
   * The same real numbers by the integers of uint8, which {@code exporter onnx --quantize int8}
   * writes as well: on x86, ONNX Runtime fuses layers between those alone.
   */
  AffineQuantization unsigned() {
    return isSigned()
        ? new AffineQuantization(
            scales,
            zeroPoints.stream().map(zeroPoint -> zeroPoint + SHIFT).toList(),
            axis,
            quantMin + SHIFT,
            quantMax + SHIFT)
        : this;
  }

  /** Whether a byte holds each integer. */
  boolean hasEight() {
    return isSigned() || (quantMin >= 0 && quantMax < 2 * SHIFT);
  }

  /**
   * Rounds a weight as {@code quantize_per_channel} and {@code quantize_per_tensor} do.
   *
   * @param weight FLOAT32
   * @return INT8 or UINT8
   */
  Tensor round(Tensor weight) {
    long[] shape = weight.shape();
    long inner = 1;
    int channels = scales.size();
    if (axis.isPresent()) {
      int at = (int) axis.getAsLong();
      if (at < 0 || at >= shape.length || shape[at] != channels) {
        throw Failure.badInput(
            "%d scales for the channels of a weight of the shape %s; the file is damaged",
            channels, Arrays.toString(shape));
      }
      for (int d = at + 1; d < shape.length; d++) {
        inner *= shape[d];
      }
    }
    Tensor rounded = Tensor.zeros(isSigned() ? DType.INT8 : DType.UINT8, shape);
    float[] values = weight.toFloats();
    for (int i = 0; i < values.length; i++) {
      int channel = (int) (i / inner % channels);
      float steps = values[i] * (float) (1 / scales.get(channel));
      long integer = (long) Math.rint(steps) + zeroPoints.get(channel);
      rounded.bytes().put(i, (byte) Math.max(quantMin, Math.min(quantMax, integer)));
    }
    return rounded;
  }

  /** As the operators of PyTorch take them. */
  Tensor scaleTensor() {
    float[] values = new float[scales.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (double) scales.get(i);
    }
    return Tensor.of(values, values.length);
  }

  /** INT32, which {@code fake_quantize_per_channel_affine} wants. */
  Tensor zeroPointTensor() {
    Tensor tensor = Tensor.zeros(DType.INT32, zeroPoints.size());
    for (int i = 0; i < zeroPoints.size(); i++) {
      tensor.bytes().putInt(i * Integer.BYTES, (int) (long) zeroPoints.get(i));
    }
    return tensor;
  }
}
