package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxNode;

/**
 * What a layer with weights costs on floats and on integers, for one image on one thread.
 *
 * @param kind of layer
 * @param taps values of the input that each output is a sum of
 * @param outputs numbers that it gives
 * @param floatMicros on floats between floats
 * @param integerMicros on integers between integers
 * @param conversionMicros to get that many numbers from integers to floats and back again
 */
record LayerCost(
    Kind kind,
    long taps,
    long outputs,
    double floatMicros,
    double integerMicros,
    double conversionMicros) {

  /** Layers that a runtime has kernels of their own for. */
  enum Kind {
    POINTWISE,
    DEPTHWISE,
    CONVOLUTION,
    MATRIX;

    static Kind of(OnnxNode node, Tensor weight) {
      if (!node.is("Conv")) {
        return MATRIX;
      }
      long window = weight.numel() / Math.max(1, weight.size(0) * weight.size(1));
      if (window == 1) {
        return POINTWISE;
      }
      return weight.size(1) == 1 ? DEPTHWISE : CONVOLUTION;
    }
  }

  LayerCost {
    boolean sized = kind != null && taps > 0 && outputs > 0;
    if (!sized
        || !(floatMicros > 0 && Double.isFinite(floatMicros))
        || !(integerMicros > 0 && Double.isFinite(integerMicros))
        || !(conversionMicros >= 0 && Double.isFinite(conversionMicros))) {
      throw new IllegalArgumentException(
          "a layer of kind %s with %d taps and %d outputs at %s, %s and %s microseconds"
              .formatted(kind, taps, outputs, floatMicros, integerMicros, conversionMicros));
    }
  }

  double work() {
    return (double) taps * outputs;
  }

  /** How unlike a layer of that size it is. */
  double distance(long otherTaps, long otherOutputs) {
    return Math.abs(Math.log((double) taps / otherTaps))
        + Math.abs(Math.log((double) outputs / otherOutputs));
  }
}
