package dev.lapidary.exporter.lower;

/** Reduction Ops: sums, means, products and norms. */
final class ReductionSums {

  private ReductionSums() {}

  static void addTo(LoweringTable table) {
    table.single("aten::linalg_vector_norm", ReductionSums::vectorNorm);
    table.single("aten::mean", op -> Reductions.reduce(op, "ReduceMean"));
    table.single("aten::sum", op -> Reductions.reduce(op, "ReduceSum"));
    table.single("aten::prod", op -> Reductions.reduce(op, "ReduceProd"));
  }

  private static String vectorNorm(Op op) {
    double p = op.realOr("ord", 2);
    boolean keep = Reductions.keeps(op);
    long[] axes = Reductions.axes(op, "dim");
    String x = op.tensor("self");
    if (p == 2) {
      return op.reduce("ReduceL2", x, keep, axes);
    }
    if (p == 1) {
      return op.reduce("ReduceL1", x, keep, axes);
    }
    if (Double.isInfinite(p)) {
      return op.reduce(p > 0 ? "ReduceMax" : "ReduceMin", op.emit("Abs", x), keep, axes);
    }
    throw op.unsupported("of order " + p + " is not supported; 1, 2 and infinity are");
  }
}
