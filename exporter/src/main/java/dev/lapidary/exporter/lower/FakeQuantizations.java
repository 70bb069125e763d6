package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Arrays;
import java.util.Map;

/** Real numbers rounded to those that a quantized tensor can hold. */
final class FakeQuantizations {

  private FakeQuantizations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::fake_quantize_per_tensor_affine", op -> simulated(op, Map.of()));
    table.single(
        "aten::fake_quantize_per_channel_affine",
        op -> simulated(op, Op.axis(op.axis("axis", op.rank("self")))));
  }

  /** Of a range of less than eight bits the rest is cut off. */
  private static String simulated(Op op, Map<String, Attribute> attributes) {
    long low = op.integer("quant_min");
    long high = op.integer("quant_max");
    boolean unsigned = low >= 0 && high <= 255;
    if (!unsigned && (low < -128 || high > 127)) {
      throw op.unsupported(
          "to integers from %d to %d, which no type of eight bits holds".formatted(low, high));
    }
    DType dtype = unsigned ? DType.UINT8 : DType.INT8;
    boolean perTensor = attributes.isEmpty();
    String scale = perTensor ? op.scalar("scale", DType.FLOAT32) : Quantizations.scales(op);
    String zeroPoint =
        perTensor ? op.scalar("zero_point", dtype) : Quantizations.zeroPoints(op, dtype);
    boolean whole = low == (unsigned ? 0 : -128) && high == (unsigned ? 255 : 127);
    if (perTensor && !whole) {
      // Behind the rounding, where a layer in front of it still becomes one kernel with it.
      String integers = op.emit("QuantizeLinear", op.tensor("self"), scale, zeroPoint);
      String floor = op.scalar((double) low, dtype);
      String cut = op.emit("Clip", integers, floor, op.scalar((double) high, dtype));
      return op.emit("DequantizeLinear", cut, scale, zeroPoint);
    }
    String x = whole ? op.tensor("self") : cut(op, low, high);
    return Quantizations.rounded(op, x, scale, zeroPoint, attributes);
  }

  /** Between what the least and the greatest integer mean, for each channel its own. */
  private static String cut(Op op, long low, long high) {
    double[] scales = reals(op, "scale");
    double[] zeroPoints = reals(op, "zero_point");
    long[] shape = new long[op.rank("self")];
    Arrays.fill(shape, 1);
    shape[op.axis("axis", shape.length)] = scales.length;
    float[] min = new float[scales.length];
    float[] greatest = new float[scales.length];
    for (int i = 0; i < scales.length; i++) {
      min[i] = (float) ((low - zeroPoints[i]) * scales[i]);
      greatest[i] = (float) ((high - zeroPoints[i]) * scales[i]);
    }
    String floor = op.constant("least", Tensor.of(min, shape));
    String ceiling = op.constant("greatest", Tensor.of(greatest, shape));
    return op.emit("Min", op.emit("Max", op.tensor("self"), floor), ceiling);
  }

  private static double[] reals(Op op, String parameter) {
    return op.constant(parameter)
        .orElseThrow(() -> op.unsupported("wants a known " + parameter))
        .toDoubles();
  }
}
