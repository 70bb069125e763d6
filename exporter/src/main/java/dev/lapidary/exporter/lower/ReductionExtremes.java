package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.List;
import java.util.Map;

/** Reduction Ops: the greatest and least elements, where they are, and any and all. */
final class ReductionExtremes {

  private ReductionExtremes() {}

  static void addTo(LoweringTable table) {
    table.single("aten::amax", op -> Reductions.reduce(op, "ReduceMax"));
    table.single("aten::amin", op -> Reductions.reduce(op, "ReduceMin"));
    table.several("aten::max", op -> extreme(op, "Max", "ReduceMax", "ArgMax"));
    table.several("aten::min", op -> extreme(op, "Min", "ReduceMin", "ArgMin"));
    table.single("aten::argmax", op -> arg(op, "ArgMax"));
    table.single("aten::argmin", op -> arg(op, "ArgMin"));
  }

  /** max(x), max(x, y) or max(x, dim) -> (values, indices). */
  private static List<String> extreme(Op op, String both, String reduction, String arg) {
    if (op.given("other")) {
      return List.of(op.emit(both, Pointwise.left(op), Pointwise.right(op)));
    }
    String values =
        op.reduce(reduction, op.tensor("self"), Reductions.keeps(op), Reductions.axes(op, "dim"));
    return op.given("dim") ? List.of(values, arg(op, arg)) : List.of(values);
  }

  private static String arg(Op op, String onnx) {
    if (!op.given("dim")) {
      throw op.unsupported("over all dimensions is not supported; give dim");
    }
    long axis = op.axis("dim", op.rank("self"));
    Attribute keep = Attribute.of(Reductions.keeps(op) ? 1L : 0L);
    return op.emit(onnx, Map.of("axis", Attribute.of(axis), "keepdims", keep), op.tensor("self"));
  }
}
