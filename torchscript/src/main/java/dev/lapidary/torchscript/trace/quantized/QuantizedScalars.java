package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.TensorRef;

/**
 * A number that a quantized tensor is added to or multiplied with: where they can, its integers
 * stay and their grid moves. Source: {@code aten/src/ATen/native/quantized/cpu/BinaryOps.cpp},
 * {@code qmul.cpp}.
 */
final class QuantizedScalars {
  private static final int STEPS = 255;

  private QuantizedScalars() {}

  /** The number is rounded to the grid; a zero point beyond its end makes the grid coarser. */
  static IValue sum(Invocation call, boolean rectified) {
    QuantizationParameters quantization = call.tensor("qa").requireQuantization();
    double steps = Math.rint(call.real("b") / quantization.scale());
    double zeroPoint = quantization.zeroPoint() - steps;
    double min = quantization.min();
    double within = Math.max(min, Math.min(min + STEPS, zeroPoint));
    double scale = quantization.scale() * (STEPS + Math.abs(zeroPoint - within)) / STEPS;
    IValue sum = call.call("add", real(call), new IValue.Real(steps * quantization.scale()));
    return QuantizedTensors.put(
        call,
        sum,
        QuantizationParameters.of(scale, (long) within, quantization.dtype()),
        rectified);
  }

  static IValue product(Invocation call, boolean rectified) {
    QuantizationParameters quantization = call.tensor("qa").requireQuantization();
    double factor = call.real("b");
    IValue product = call.call("mul", real(call), new IValue.Real(factor));
    if (factor == 0) {
      return QuantizedTensors.put(
          call, product, QuantizationParameters.of(1, 0, quantization.dtype()), rectified);
    }
    long mirrored = 2 * quantization.min() + STEPS - quantization.zeroPoint();
    long zeroPoint = factor > 0 ? quantization.zeroPoint() : mirrored;
    double scale = Math.abs(factor) * quantization.scale();
    return QuantizedTensors.put(
        call,
        product,
        QuantizationParameters.of(scale, zeroPoint, quantization.dtype()),
        rectified);
  }

  private static TensorRef real(Invocation call) {
    return QuantizedTensors.real(call.tensor("qa"));
  }
}
