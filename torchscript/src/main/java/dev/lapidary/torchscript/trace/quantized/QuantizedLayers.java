package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.ao.quantization} makes of a network, said in real numbers: each operator as the
 * one that it approximates, on what the integers mean, and its result put on its own {@link
 * QuantizationParameters} by {@code quantize_per_tensor} and {@code dequantize}. Weights stay the
 * integers that they are.
 *
 * <p>So PyTorch's documentation defines them ("reference quantized model"); its integer kernels
 * differ from that, and from each other, by how they round what lies between two integers.
 */
public final class QuantizedLayers {

  private QuantizedLayers() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("quantized::conv2d", call -> put(call, convolution(call), false));
    table.put("quantized::conv2d_relu", call -> put(call, convolution(call), true));
    table.put("quantized::linear", call -> put(call, linear(call), false));
    table.put("quantized::linear_relu", call -> put(call, linear(call), true));
    table.put(
        "quantized::linear_with_input_q_dq_qweight_dq_output_fp32", QuantizedLayers::toFloats);
    table.put("quantized::add_scalar", call -> QuantizedScalars.sum(call, false));
    table.put("quantized::mul_scalar", call -> QuantizedScalars.product(call, false));
    table.put("quantized::add", call -> add(call, false));
    table.put("quantized::mul", call -> mul(call, false));
    table.put("quantized::cat", call -> concatenation(call, false));
    table.put("quantized::batch_norm", call -> put(call, normalized(call), false));
    table.put("quantized::batch_norm1d", call -> put(call, normalized(call), false));
    table.put("quantized::batch_norm2d", call -> put(call, normalized(call), false));
    table.put("quantized::add_scalar_relu", call -> QuantizedScalars.sum(call, true));
    table.put("quantized::mul_scalar_relu", call -> QuantizedScalars.product(call, true));
    table.put("quantized::add_relu", call -> add(call, true));
    table.put("quantized::mul_relu", call -> mul(call, true));
    table.put("quantized::cat_relu", call -> concatenation(call, true));
    table.put("quantized::batch_norm_relu", call -> put(call, normalized(call), true));
    table.put("quantized::batch_norm1d_relu", call -> put(call, normalized(call), true));
    table.put("quantized::batch_norm2d_relu", call -> put(call, normalized(call), true));
    activation(table, "quantized::layer_norm", "normalized_shape", "weight", "bias", "eps");
    activation(table, "quantized::group_norm", "num_groups", "weight", "bias", "eps");
    activation(table, "quantized::softmax", "dim");
    activation(table, "quantized::hardswish");
    activation(table, "quantized::sigmoid");
    activation(table, "quantized::leaky_relu", "negative_slope");
    activation(table, "quantized::elu", "alpha", "scale", "input_scale");
    activation(table, "quantized::celu", "alpha");
    table.put("quantized::instance_norm", call -> put(call, instanceNorm(call), false));
    table.put("quantized::matmul", call -> pair(call, "matmul", false));
    table.put("quantized::relu6", call -> call.call("relu6", quantized(call)));
    table.put(
        "quantized::clamp",
        call -> call.call("clamp", quantized(call), call.get("min"), call.get("max")));
    table.put("quantized::dropout", QuantizedLayers::quantized);
  }

  /**
   * The plain operator of real numbers, and its result on a grid.
   *
   * @param parameters that both operators have
   */
  private static void activation(Map<String, Operator> table, String name, String... parameters) {
    table.put(
        name,
        call -> {
          List<IValue> arguments = new ArrayList<>(List.of(QuantizedTensors.real(call.self())));
          for (String parameter : parameters) {
            arguments.add(call.get(parameter));
          }
          return put(call, call.call(call.name(), arguments.toArray(new IValue[0])), false);
        });
  }

  private static IValue add(Invocation call, boolean relu) {
    return call.has("b") ? QuantizedScalars.sum(call, relu) : pair(call, "add", relu);
  }

  private static IValue mul(Invocation call, boolean relu) {
    return call.has("b") ? QuantizedScalars.product(call, relu) : pair(call, "mul", relu);
  }

  private static IValue put(Invocation call, IValue real, boolean rectified) {
    QuantizationParameters quantization = resultGrid(call, call.self().requireQuantization());
    return QuantizedTensors.put(call, real, quantization, rectified);
  }

  /** As the call says it, the names of whose parameters differ, in the integers of its operand. */
  private static QuantizationParameters resultGrid(
      Invocation call, QuantizationParameters operand) {
    for (String name : List.of("output_", "", "Y_")) {
      String suffix = name.equals("Y_") ? "_i" : "";
      if (call.has(name + "scale" + suffix)) {
        return QuantizationParameters.of(
            call.real(name + "scale" + suffix),
            call.integer(name + "zero_point" + suffix),
            operand.dtype());
      }
    }
    throw ProgramRefusal.unsupported("%s without a scale of its result", call.operator());
  }

  private static TensorRef quantized(Invocation call) {
    call.self().requireQuantization();
    return call.self();
  }

  private static IValue convolution(Invocation call) {
    PackedParams packed = ((IValue.Packed) call.get("packed_weight")).params();
    PackedParams.Window window =
        packed
            .window()
            .orElseThrow(
                () -> ProgramRefusal.wrong("%s of a linear layer's weights", call.operator()));
    return call.call(
        "conv2d",
        QuantizedTensors.real(call.self()),
        weight(call, packed),
        packed.addend(),
        IValue.ints(window.stride()),
        IValue.ints(window.padding()),
        IValue.ints(window.dilation()),
        IValue.number(window.groups()));
  }

  private static IValue linear(Invocation call) {
    return linear(call, QuantizedTensors.real(call.self()));
  }

  private static IValue linear(Invocation call, TensorRef input) {
    PackedParams packed = ((IValue.Packed) call.get("W_prepack")).params();
    if (packed.window().isPresent()) {
      throw ProgramRefusal.wrong("%s of a convolution's weights", call.operator());
    }
    return call.call("linear", input, weight(call, packed), packed.addend());
  }

  /** Puts its operand on a grid, and the product on none. */
  private static IValue toFloats(Invocation call) {
    if (call.quantization().isPresent() || call.self().dtype() != DType.FLOAT32) {
      throw ProgramRefusal.wrong("%s of a tensor that is not of float32", call.operator());
    }
    QuantizationParameters grid =
        QuantizationParameters.of(call.real("X_scale"), call.integer("X_zero_point"), DType.QUINT8);
    TensorRef rounded = QuantizedTensors.put(call, call.self(), grid);
    TensorRef product = (TensorRef) linear(call, QuantizedTensors.real(rounded));
    call.dispatcher().sourceCalls().addReal(call, product);
    return product;
  }

  private static IValue weight(Invocation call, PackedParams packed) {
    TensorRef integers = call.dispatcher().sourceCalls().weight(packed);
    call.dispatcher().sourceCalls().pack(packed);
    return QuantizedTensors.reals(call, integers);
  }

  private static IValue pair(Invocation call, String name, boolean rectified) {
    call.tensor("qb").requireQuantization();
    TensorRef left = QuantizedTensors.real(call.tensor("qa"));
    return put(call, call.call(name, left, QuantizedTensors.real(call.tensor("qb"))), rectified);
  }

  /** Without a scale of its own, the result is on the first tensor's grid. */
  private static IValue concatenation(Invocation call, boolean rectified) {
    List<TensorRef> parts = call.tensors("qx");
    if (parts.isEmpty()) {
      throw ProgramRefusal.wrong("%s of no tensors", call.operator());
    }
    QuantizationParameters first = parts.get(0).requireQuantization();
    QuantizationParameters quantization =
        call.isNone("scale") || call.isNone("zero_point") ? first : resultGrid(call, first);
    List<IValue> reals = new ArrayList<>();
    boolean same = true;
    for (TensorRef part : parts) {
      same &= part.requireQuantization().equals(quantization);
      reals.add(QuantizedTensors.real(part));
    }
    TensorRef joined = call.callTensor("cat", new IValue.ListOf(reals), call.get("dim"));
    if (same && !rectified) {
      return joined.quantizedBy(quantization);
    }
    return QuantizedTensors.put(
        call, rectified ? call.callTensor("relu", joined) : joined, quantization);
  }

  private static IValue normalized(Invocation call) {
    return call.call(
        "batch_norm",
        QuantizedTensors.real(call.self()),
        call.get("weight"),
        call.get("bias"),
        call.get("mean"),
        call.get("var"),
        IValue.bool(false),
        new IValue.Real(0),
        call.get("eps"),
        IValue.bool(false));
  }

  private static IValue instanceNorm(Invocation call) {
    return call.call(
        "instance_norm",
        QuantizedTensors.real(call.self()),
        call.get("weight"),
        call.get("bias"),
        IValue.None.NONE,
        IValue.None.NONE,
        IValue.bool(true),
        new IValue.Real(0),
        call.get("eps"),
        IValue.bool(false));
  }
}
