package dev.lapidary.exporter.lower;

import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;

/** BLAS and LAPACK Operations: products of vectors and matrices. Gemm on rank 2, else MatMul. */
final class BlasProducts {

  private BlasProducts() {}

  static void addTo(LoweringTable table) {
    table.single("aten::matmul", op -> op.emit("MatMul", op.tensor("self"), op.tensor("other")));
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
