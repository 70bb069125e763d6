package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Argument;
import java.util.List;

/** Indexing, Slicing, Joining, Mutating Ops: elements by their indices or by a mask. */
final class Indexing {

  private Indexing() {}

  static void addTo(LoweringTable table) {
    table.single("aten::where", Indexing::where);
    table.single("aten::masked_fill", Indexing::maskedFill);
    table.single("aten::index", Indexing::index);
    table.single("aten::gather", Indexing::gather);
  }

  private static String where(Op op) {
    return either(op, "condition", "self", "other");
  }

  private static String maskedFill(Op op) {
    return either(op, "mask", "value", "self");
  }

  /** Of truths by logic: runtimes have no Where of them. */
  private static String either(Op op, String condition, String whereTrue, String whereFalse) {
    DType dtype = op.output().dtype();
    String mask = op.operand(condition, DType.BOOL);
    String first = op.operand(whereTrue, dtype);
    String second = op.operand(whereFalse, dtype);
    return dtype == DType.BOOL
        ? op.emit("Or", op.emit("And", mask, first), op.emit("And", op.emit("Not", mask), second))
        : op.emit("Where", mask, first, second);
  }

  private static String gather(Op op) {
    long axis = op.axis("dim", op.rank("self"));
    return op.emit("GatherElements", Op.axis(axis), op.tensor("self"), op.tensor("index"));
  }

  /** The index, behind as many Nones, takes its dimension's place. */
  private static String index(Op op) {
    List<Argument> indices = op.items("indices");
    int axis = indices.size() - 1;
    return op.emit(
        "Gather", Op.axis(axis), op.tensor("self"), op.name(indices.get(axis), "indices"));
  }
}
