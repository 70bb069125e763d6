package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Map;
import java.util.Optional;

/** Linear functions. */
final class Linear {

  private Linear() {}

  static void addTo(LoweringTable table) {
    table.single("aten::linear", Linear::linear);
  }

  private static String linear(Op op) {
    return linear(
        op,
        op.tensor("input"),
        op.rank("input"),
        op.tensor("weight"),
        op.constant("weight"),
        op.optionalTensor("bias"));
  }

  /** x [..., in], weight [out, in]: Gemm for rank 2, else MatMul by the turned weight and Add. */
  static String linear(
      Op op, String x, int rank, String weight, Optional<Tensor> constant, String bias) {
    if (rank == 2) {
      return op.emit("Gemm", Map.of("transB", Attribute.of(1)), x, weight, bias);
    }
    String turned =
        constant.isPresent()
            ? op.constant(weight + ".T", constant.get().permuted(1, 0))
            : op.transpose(weight, 1, 0);
    String product = op.emit("MatMul", x, turned);
    return bias.isEmpty() ? product : op.emit("Add", product, bias);
  }
}
