package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Reductions over dimensions, running sums, softmax, and the heads topk and argmax. */
final class Reductions {
  private Reductions() {}

  static void addTo(LoweringTable table) {
    table.single("aten::mean", op -> reduce(op, "ReduceMean"));
    table.single("aten::sum", op -> reduce(op, "ReduceSum"));
    table.single("aten::prod", op -> reduce(op, "ReduceProd"));
    table.single("aten::amax", op -> reduce(op, "ReduceMax"));
    table.single("aten::amin", op -> reduce(op, "ReduceMin"));
    table.several("aten::max", op -> extreme(op, "Max", "ReduceMax", "ArgMax"));
    table.several("aten::min", op -> extreme(op, "Min", "ReduceMin", "ArgMin"));
    table.single("aten::argmax", op -> arg(op, "ArgMax"));
    table.single("aten::argmin", op -> arg(op, "ArgMin"));
    table.several("aten::topk", Reductions::topk);
    table.single("aten::cumsum", Reductions::cumulated);
    table.single("aten::softmax", op -> softmax(op, "Softmax"));
    table.single("aten::_softmax", op -> softmax(op, "Softmax"));
    table.single("aten::log_softmax", op -> softmax(op, "LogSoftmax"));
  }

  /** The dimensions of a parameter that is absent, None, a number or a list; none means all. */
  static long[] axes(Op op, String parameter) {
    int rank = op.rank("self");
    long[] given = op.given(parameter) ? op.integers(parameter) : new long[0];
    return given.length == 0
        ? LongStream.range(0, rank).toArray()
        : LongStream.of(given).map(dim -> Op.axis(dim, rank)).sorted().toArray();
  }

  private static boolean keeps(Op op) {
    return op.given("keepdim") && op.bool("keepdim");
  }

  private static String reduce(Op op, String onnx) {
    return op.reduce(onnx, op.operand("self", op.output().dtype()), keeps(op), axes(op, "dim"));
  }

  /** max(x), max(x, y) or max(x, dim) -> (values, indices). */
  private static List<String> extreme(Op op, String both, String reduction, String arg) {
    if (op.given("other")) {
      DType dtype = op.output().dtype();
      return List.of(op.emit(both, op.operand("self", dtype), op.operand("other", dtype)));
    }
    String values = op.reduce(reduction, op.tensor("self"), keeps(op), axes(op, "dim"));
    return op.given("dim") ? List.of(values, arg(op, arg)) : List.of(values);
  }

  private static String arg(Op op, String onnx) {
    if (!op.given("dim")) {
      throw op.unsupported("over all dimensions is not supported; give dim");
    }
    long axis = op.axis("dim", op.rank("self"));
    Attribute keep = Attribute.of(keeps(op) ? 1L : 0L);
    return op.emit(onnx, Map.of("axis", Attribute.of(axis), "keepdims", keep), op.tensor("self"));
  }

  private static List<String> topk(Op op) {
    long axis = op.axis("dim", op.rank("self"));
    Map<String, Attribute> attributes =
        Map.of(
            "axis", Attribute.of(axis),
            "largest", Attribute.of(op.bool("largest") ? 1L : 0L),
            "sorted", Attribute.of(op.bool("sorted") ? 1L : 0L));
    return op.several("TopK", 2, attributes, List.of(op.tensor("self"), op.ints(op.integer("k"))));
  }

  private static String cumulated(Op op) {
    String axis = op.scalar((double) op.axis("dim", op.rank("self")), DType.INT64);
    return op.emit("CumSum", op.operand("self", op.output().dtype()), axis);
  }

  private static String softmax(Op op, String onnx) {
    long axis = op.axis("dim", op.rank("self"));
    String x = op.operand("self", op.output().dtype());
    return op.emit(onnx, Map.of("axis", Attribute.of(axis)), x);
  }
}
