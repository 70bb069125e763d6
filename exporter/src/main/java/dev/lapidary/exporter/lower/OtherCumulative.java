package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/** Other Operations: running sums. */
final class OtherCumulative {

  private OtherCumulative() {}

  static void addTo(LoweringTable table) {
    table.single("aten::cumsum", OtherCumulative::cumulated);
  }

  private static String cumulated(Op op) {
    String axis = op.scalar((double) op.axis("dim", op.rank("self")), DType.INT64);
    return op.emit("CumSum", op.operand("self", op.output().dtype()), axis);
  }
}
