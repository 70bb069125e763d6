package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.Shapes;
import java.util.List;
import java.util.Map;

/**
 * Simulated quantization: numbers are rounded to integers and stay real, as in a network that is
 * trained for integers and not converted yet.
 */
public final class FakeQuantizations {

  private FakeQuantizations() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("fake_quantize_per_tensor_affine", FakeQuantizations::fake);
    table.put("fake_quantize_per_channel_affine", FakeQuantizations::fake);
  }

  private static IValue fake(Invocation call) {
    if (call.tensor("self").dtype() != DType.FLOAT32) {
      throw ProgramRefusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    double[] scales = Quantizations.numbers(call, "scale");
    double[] zeroPoints = Quantizations.numbers(call, "zero_point");
    List<SymInt> shape = call.self().shape();
    SymInt channels =
        call.has("axis")
            ? shape.get(Shapes.dimension(call.integer("axis"), shape.size()))
            : SymInt.of(1);
    Quantizations.requireEach(call, channels, scales, zeroPoints);
    for (int i = 0; i < scales.length; i++) {
      QuantizationParameters.requireScale(scales[i]);
      if (!(zeroPoints[i] >= call.integer("quant_min")
              && zeroPoints[i] <= call.integer("quant_max"))
          || zeroPoints[i] != Math.rint(zeroPoints[i])) {
        throw ProgramRefusal.wrong(
            "%s with a zero point of %s, which is none of its integers",
            call.operator(), zeroPoints[i]);
      }
    }
    return call.record(DType.FLOAT32, shape);
  }
}
