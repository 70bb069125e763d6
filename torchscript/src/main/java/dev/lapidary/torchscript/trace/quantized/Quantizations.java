package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;

/** Quantized tensors, and what their integers mean. */
public final class Quantizations {

  private Quantizations() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("quantize_per_tensor", Quantizations::quantizePerTensor);
    table.put("dequantize", call -> QuantizedTensors.real(call.self()));
    table.put("_make_per_tensor_quantized_tensor", Quantizations::makePerTensorQuantizedTensor);
    table.put("_make_per_channel_quantized_tensor", Quantizations::makePerChannelQuantizedTensor);
    table.put("int_repr", Quantizations::intRepr);
    table.put("q_scale", call -> new IValue.Real(call.self().requireQuantization().scale()));
    table.put("q_zero_point", call -> IValue.number(call.self().requireQuantization().zeroPoint()));
  }

  private static IValue quantizePerTensor(Invocation call) {
    double scale =
        call.get("scale") instanceof TensorRef s ? single(s, "scale") : call.real("scale");
    long zeroPoint =
        call.get("zero_point") instanceof TensorRef z
            ? (long) single(z, "zero_point")
            : call.integer("zero_point");
    DType dtype = Invocation.dtypeOf(call.integer("dtype"));
    if (call.quantization().isPresent() || call.self().dtype() != DType.FLOAT32) {
      throw ProgramRefusal.wrong("%s of a tensor that is not of float32", call.operator());
    }
    return QuantizedTensors.put(
        call, call.self(), QuantizationParameters.of(scale, zeroPoint, dtype));
  }

  private static double single(TensorRef tensor, String parameter) {
    return Scalars.single(tensor.tensor(parameter + " of aten::quantize_per_tensor"));
  }

  /** {@code round(x / scale) + zero_point}, which is exact for what lies on the grid. */
  private static IValue intRepr(Invocation call) {
    QuantizationParameters quantization = call.self().requireQuantization();
    DType plain = quantization.dtype() == DType.QINT8 ? DType.INT8 : DType.UINT8;
    IValue steps =
        call.call("div", QuantizedTensors.real(call.self()), new IValue.Real(quantization.scale()));
    IValue shifted =
        call.call("add", call.call("round", steps), IValue.number(quantization.zeroPoint()));
    return call.call("to", shifted, IValue.number(plain.scalarType()));
  }

  static double[] numbers(Invocation call, String parameter) {
    return call.get(parameter) instanceof TensorRef
        ? call.known(parameter).toDoubles()
        : new double[] {call.real(parameter)};
  }

  private static IValue makePerTensorQuantizedTensor(Invocation call) {
    DType dtype = quantizedType(call);
    if (dtype == DType.QINT32) {
      QuantizationParameters.requireScale(call.real("scale"));
      return made(call, dtype);
    }
    QuantizationParameters quantization =
        QuantizationParameters.of(call.real("scale"), call.integer("zero_point"), dtype);
    return made(call, dtype).quantizedBy(quantization);
  }

  /** What the integers mean: a program has no other use for them. */
  private static IValue makePerChannelQuantizedTensor(Invocation call) {
    DType dtype = quantizedType(call);
    double[] scales = call.known("scale").toDoubles();
    double[] zeroPoints = call.known("zero_point").toDoubles();
    int axis = Shapes.dimension(call.integer("axis"), call.self().rank());
    requireEach(call, call.self().shape().get(axis), scales, zeroPoints);
    for (int i = 0; i < scales.length; i++) {
      if (dtype == DType.QINT32) {
        QuantizationParameters.requireScale(scales[i]);
      } else {
        QuantizationParameters.of(scales[i], (long) zeroPoints[i], dtype);
      }
    }
    return made(call, dtype);
  }

  /** Biases have 32 bits, and no zero point. */
  private static DType quantizedType(Invocation call) {
    DType dtype = call.known("self").dtype();
    return switch (dtype) {
      case INT8 -> DType.QINT8;
      case UINT8 -> DType.QUINT8;
      case INT32 -> {
        for (double zeroPoint : numbers(call, "zero_point")) {
          if (zeroPoint != 0) {
            throw ProgramRefusal.unsupported(
                "%s of INT32 with a zero point of %s; 0 is supported", call.operator(), zeroPoint);
          }
        }
        yield DType.QINT32;
      }
      default -> throw ProgramRefusal.unsupported("%s of %s", call.operator(), dtype);
    };
  }

  private static TensorRef made(Invocation call, DType dtype) {
    return QuantizedTensors.reals(call, call.record(dtype, call.self().shape()));
  }

  static void requireEach(Invocation call, SymInt channels, double[] scales, double[] zeroPoints) {
    if (!channels.equals(SymInt.of(scales.length)) || scales.length != zeroPoints.length) {
      throw ProgramRefusal.wrong(
          "%s with %d scales and %d zero points for %s channels",
          call.operator(), scales.length, zeroPoints.length, channels);
    }
  }
}
