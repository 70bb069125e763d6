package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Quantized tensors in a trace: what their integers mean, with the {@link QuantizationParameters}
 * that they lie on. And PyTorch's rules for its plain operators on them.
 */
public final class QuantizedTensors {
  /** Their results are elements of their operand, or zero, which is on every grid. */
  private static final Set<String> CHOOSE =
      Set.of(
          """
          view reshape flatten transpose permute slice select narrow index index_select chunk
          split split_with_sizes unbind unsqueeze squeeze expand contiguous clone detach alias
          relu max_pool2d upsample_nearest2d pixel_shuffle channel_shuffle
          """
              .split("\\s+"));

  /** Their results are rounded to their operand's grid. */
  private static final Set<String> ROUND =
      Set.of(
          """
          avg_pool2d adaptive_avg_pool2d constant_pad_nd pad mean upsample_bilinear2d hardtanh
          relu6 clamp clamp_min clamp_max leaky_relu
          """
              .split("\\s+"));

  /** Their results lie between two numbers, and so on a grid of their own, here of QUINT8. */
  private static final Map<String, QuantizationParameters> BOUNDED =
      Map.of(
          "sigmoid", new QuantizationParameters(1 / 256.0, 0, DType.QUINT8),
          "hardsigmoid", new QuantizationParameters(1 / 256.0, 0, DType.QUINT8),
          "tanh", new QuantizationParameters(1 / 128.0, 128, DType.QUINT8));

  private static final Set<String> KNOWING =
      Set.of("dequantize", "int_repr", "q_scale", "q_zero_point");

  private QuantizedTensors() {}

  /** The same numbers, as any operator takes them. */
  static TensorRef real(TensorRef tensor) {
    return tensor.content() instanceof Content.Traced traced && traced.quantization().isPresent()
        ? TensorRef.traced(traced.value())
        : tensor;
  }

  /** Rounds to a grid. */
  static TensorRef put(Invocation call, TensorRef real, QuantizationParameters quantization) {
    TensorRef integers =
        call.record(
            "aten::quantize_per_tensor",
            List.of(
                real,
                new IValue.Real(quantization.scale()),
                IValue.number(quantization.zeroPoint()),
                IValue.number(quantization.dtype().scalarType())),
            quantization.dtype(),
            real.shape());
    return reals(call, integers).quantizedBy(quantization);
  }

  /** The same, behind a ReLU where asked: rounding to a grid that starts at zero is one already. */
  static IValue put(
      Invocation call, IValue real, QuantizationParameters quantization, boolean rectified) {
    boolean cut = rectified && !quantization.startsAtZero();
    return put(call, (TensorRef) (cut ? call.call("relu", real) : real), quantization);
  }

  /** What integers mean. */
  static TensorRef reals(Invocation call, TensorRef integers) {
    return call.record("aten::dequantize", List.of(integers), DType.FLOAT32, integers.shape());
  }

  /**
   * A plain operator on quantized tensors.
   *
   * @param call whose first argument is quantized
   */
  public static IValue apply(
      Invocation call, Optional<QuantizationParameters> quantization, Operator operator) {
    String name = call.name();
    if (quantization.isEmpty()) {
      return operator.apply(call);
    }
    if (name.equals("cat")) {
      IValue none = IValue.None.NONE;
      List<IValue> arguments = List.of(call.get("tensors"), call.get("dim"), none, none);
      return call.dispatcher().call("quantized::cat", arguments, Map.of());
    }
    IValue result = operator.apply(call);
    if (KNOWING.contains(name) || result.quantization().isPresent()) {
      return result; // the operators that it is made of have seen to it
    }
    if (CHOOSE.contains(name)) {
      return marked(result, quantization.get());
    }
    QuantizationParameters bounded = BOUNDED.get(name);
    if (!(result instanceof TensorRef real) || (bounded == null && !ROUND.contains(name))) {
      throw ProgramRefusal.unsupported("%s on a quantized tensor", call.operator());
    }
    return put(
        call, real, bounded == null ? quantization.get() : bounded.of(quantization.get().dtype()));
  }

  private static IValue marked(IValue result, QuantizationParameters quantization) {
    if (result instanceof TensorRef tensor) {
      return tensor.quantizedBy(quantization);
    }
    result.toList().forEach(item -> marked(item, quantization));
    return result;
  }
}
