package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Map;

/**
 * Quantized tensors, and what their integers mean. QuantizeLinear and DequantizeLinear: a traced
 * {@code aten::quantize_per_tensor} becomes both at once, so that {@code aten::dequantize} has
 * nothing left to do: a value of the ONNX graph is never an integer that another node would have to
 * explain.
 */
final class Quantizations {

  private Quantizations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::quantize_per_tensor", Quantizations::quantize);
    table.single("aten::_make_per_tensor_quantized_tensor", Quantizations::whole);
    table.single("aten::_make_per_channel_quantized_tensor", Quantizations::byChannel);
    table.single("aten::dequantize", op -> op.tensor("self"));
  }

  private static String quantize(Op op) {
    return rounded(
        op,
        op.tensor("self"),
        op.scalar("scale", DType.FLOAT32),
        op.scalar("zero_point", plain(op.output().dtype())),
        Map.of());
  }

  static String rounded(
      Op op, String x, String scale, String zeroPoint, Map<String, Attribute> attributes) {
    String integers = op.emit("QuantizeLinear", attributes, x, scale, zeroPoint);
    return op.emit("DequantizeLinear", attributes, integers, scale, zeroPoint);
  }

  private static DType plain(DType quantized) {
    return quantized == DType.QUINT8 ? DType.UINT8 : DType.INT8;
  }

  private static String whole(Op op) {
    DType dtype = integers(op);
    return op.emit(
        "DequantizeLinear",
        op.tensor("self"),
        op.scalar("scale", DType.FLOAT32),
        op.scalar("zero_point", dtype));
  }

  private static String byChannel(Op op) {
    long axis = op.axis("axis", op.rank("self"));
    return op.emit(
        "DequantizeLinear",
        Op.axis(axis),
        op.tensor("self"),
        scales(op),
        zeroPoints(op, integers(op)));
  }

  private static DType integers(Op op) {
    return op.constant("self").map(Tensor::dtype).orElse(DType.INT8);
  }

  static String scales(Op op) {
    Tensor scales = op.constant("scale").orElseThrow(() -> op.unsupported("wants known scales"));
    return op.constant("scale", Tensor.of(scales.toFloats(), scales.numel()));
  }

  static String zeroPoints(Op op, DType dtype) {
    Tensor given =
        op.constant("zero_point").orElseThrow(() -> op.unsupported("wants known zero points"));
    double[] values = given.toDoubles();
    Tensor zeroPoints = Tensor.zeros(dtype, values.length);
    for (int i = 0; i < values.length && dtype != DType.INT32; i++) { // 32 bits have none
      zeroPoints.bytes().put(i, (byte) (long) values[i]);
    }
    return op.constant("zero_point", zeroPoints);
  }
}
