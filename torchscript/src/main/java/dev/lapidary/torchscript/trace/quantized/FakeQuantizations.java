package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Grid;
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

  private static Datum fake(Invocation call) {
    if (call.tensor("self").dtype() != DType.FLOAT32) {
      throw Refusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    double[] scales = Quantizations.numbers(call, "scale");
    double[] zeroPoints = Quantizations.numbers(call, "zero_point");
    List<Dim> shape = call.self().shape();
    Dim channels =
        call.has("axis")
            ? shape.get(Shapes.dimension(call.integer("axis"), shape.size()))
            : Dim.of(1);
    Quantizations.requireEach(call, channels, scales, zeroPoints);
    for (int i = 0; i < scales.length; i++) {
      Grid.requireScale(scales[i]);
      if (!(zeroPoints[i] >= call.integer("quant_min")
              && zeroPoints[i] <= call.integer("quant_max"))
          || zeroPoints[i] != Math.rint(zeroPoints[i])) {
        throw Refusal.wrong(
            "%s with a zero point of %s, which is none of its integers",
            call.operator(), zeroPoints[i]);
      }
    }
    return call.record(DType.FLOAT32, shape);
  }
}
