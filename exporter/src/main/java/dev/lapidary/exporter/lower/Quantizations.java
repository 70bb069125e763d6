package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Arrays;
import java.util.Map;

/**
 * Integers of eight bits and what they mean: QuantizeLinear, DequantizeLinear. A traced {@code
 * aten::quantize_per_tensor} becomes both at once, so that {@code aten::dequantize} has nothing
 * left to do: a value of the ONNX graph is never an integer that another node would have to
 * explain.
 */
final class Quantizations {
  private Quantizations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::quantize_per_tensor", Quantizations::quantize);
    table.single("aten::_make_per_tensor_quantized_tensor", Quantizations::whole);
    table.single("aten::_make_per_channel_quantized_tensor", Quantizations::byChannel);
    table.single("aten::dequantize", op -> op.tensor("self"));
    table.single("aten::fake_quantize_per_tensor_affine", op -> simulated(op, Map.of()));
    table.single(
        "aten::fake_quantize_per_channel_affine",
        op -> simulated(op, axis(op.axis("axis", op.rank("self")))));
  }

  private static Map<String, Attribute> axis(long axis) {
    return Map.of("axis", Attribute.of(axis));
  }

  private static String quantize(Op op) {
    return rounded(
        op,
        op.tensor("self"),
        op.scalar("scale", DType.FLOAT32),
        op.scalar("zero_point", plain(op.output().dtype())),
        Map.of());
  }

  private static String rounded(
      Op op, String x, String scale, String zeroPoint, Map<String, Attribute> attributes) {
    String integers = op.emit("QuantizeLinear", attributes, x, scale, zeroPoint);
    return op.emit("DequantizeLinear", attributes, integers, scale, zeroPoint);
  }

  private static DType plain(DType quantized) {
    return quantized == DType.QUINT8 ? DType.UINT8 : DType.INT8;
  }

  private static String whole(Op op) {
    return op.emit(
        "DequantizeLinear",
        op.tensor("self"),
        op.scalar("scale", DType.FLOAT32),
        op.scalar("zero_point", DType.INT8));
  }

  private static String byChannel(Op op) {
    long axis = op.axis("axis", op.rank("self"));
    return op.emit(
        "DequantizeLinear", axis(axis), op.tensor("self"), scales(op), zeroPoints(op, DType.INT8));
  }

  private static String scales(Op op) {
    Tensor scales = op.constant("scale").orElseThrow(() -> op.unsupported("wants known scales"));
    return op.constant("scale", Tensor.of(scales.toFloats(), scales.numel()));
  }

  private static String zeroPoints(Op op, DType dtype) {
    Tensor given =
        op.constant("zero_point").orElseThrow(() -> op.unsupported("wants known zero points"));
    double[] values = given.toDoubles();
    Tensor zeroPoints = Tensor.zeros(dtype, values.length);
    for (int i = 0; i < values.length; i++) {
      zeroPoints.bytes().put(i, (byte) (long) values[i]);
    }
    return op.constant("zero_point", zeroPoints);
  }

  /** Of a range of less than eight bits the rest is cut off first. */
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
    String scale = perTensor ? op.scalar("scale", DType.FLOAT32) : scales(op);
    String zeroPoint = perTensor ? op.scalar("zero_point", dtype) : zeroPoints(op, dtype);
    boolean whole = low == (unsigned ? 0 : -128) && high == (unsigned ? 255 : 127);
    String x = whole ? op.tensor("self") : cut(op, low, high);
    return rounded(op, x, scale, zeroPoint, attributes);
  }

  /** Between what the least and the greatest integer mean, for each channel its own. */
  private static String cut(Op op, long low, long high) {
    boolean perTensor = !op.has("axis");
    double[] scales = perTensor ? new double[] {op.real("scale")} : reals(op, "scale");
    double[] zeroPoints =
        perTensor ? new double[] {op.real("zero_point")} : reals(op, "zero_point");
    long[] shape = new long[perTensor ? 0 : op.rank("self")];
    Arrays.fill(shape, 1);
    if (!perTensor) {
      shape[op.axis("axis", shape.length)] = scales.length;
    }
    float[] least = new float[scales.length];
    float[] greatest = new float[scales.length];
    for (int i = 0; i < scales.length; i++) {
      least[i] = (float) ((low - zeroPoints[i]) * scales[i]);
      greatest[i] = (float) ((high - zeroPoints[i]) * scales[i]);
    }
    String floor = op.constant("least", Tensor.of(least, shape));
    String ceiling = op.constant("greatest", Tensor.of(greatest, shape));
    return op.emit("Min", op.emit("Max", op.tensor("self"), floor), ceiling);
  }

  private static double[] reals(Op op, String parameter) {
    return op.constant(parameter)
        .orElseThrow(() -> op.unsupported("wants a known " + parameter))
        .toDoubles();
  }
}
