package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** BLAS and LAPACK Operations: products of vectors and matrices. Gemm on rank 2, else MatMul. */
final class BlasProducts {

  private BlasProducts() {}

  static void addTo(LoweringTable table) {
    table.single("aten::addmm", BlasProducts::addmm);
    table.single("aten::matmul", op -> matmul(op, "self", "other"));
    table.single("aten::mm", op -> matmul(op, "self", "mat2"));
    table.single("aten::bmm", op -> matmul(op, "self", "mat2"));
    table.single("aten::baddbmm", BlasProducts::baddbmm);
  }

  private static String addmm(Op op) {
    Map<String, Attribute> factors =
        Map.of("alpha", Attribute.of(op.real("alpha")), "beta", Attribute.of(op.real("beta")));
    // The weight of a Linear arrives as the view that aten::t gave; it is written as it was.
    Optional<Tensor> weight = op.constant("mat2").filter(t -> !t.isContiguous());
    if (weight.isPresent() && Constants.turned(weight.get(), 1, 0).isContiguous()) {
      String stored = op.constant("weight", Constants.turned(weight.get(), 1, 0));
      factors = new java.util.TreeMap<>(factors);
      factors.put("transB", Attribute.of(1));
      return op.emit("Gemm", factors, op.tensor("mat1"), stored, op.tensor("self"));
    }
    return op.emit("Gemm", factors, op.tensor("mat1"), op.tensor("mat2"), op.tensor("self"));
  }

  private static String matmul(Op op, String left, String right) {
    return op.emit("MatMul", op.tensor(left), op.tensor(right));
  }

  /** beta * self + alpha * (batch1 @ batch2). */
  private static String baddbmm(Op op) {
    DType dtype = op.output().dtype();
    String product = op.emit("MatMul", op.tensor("batch1"), op.tensor("batch2"));
    String scaled = scaled(op, product, op.real("alpha"), dtype);
    return op.real("beta") == 0
        ? scaled
        : op.emit("Add", scaled(op, op.tensor("self"), op.real("beta"), dtype), scaled);
  }

  private static String scaled(Op op, String value, double factor, DType dtype) {
    return factor == 1 ? value : op.emit("Mul", value, op.scalar(factor, dtype));
  }

  /** The product of sizes of which at most one depends on the batch. */
  static SymInt product(Op op, List<SymInt> dims) {
    SymInt all = SymInt.of(1);
    for (SymInt dim : dims) {
      if (all.perBatch() && dim.perBatch()) {
        throw op.unsupported("multiplies two sizes that depend on the batch");
      }
      all = new SymInt(all.factor() * dim.factor(), all.perBatch() || dim.perBatch());
    }
    return all;
  }
}
