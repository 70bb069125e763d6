package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.Tensor;

/** Indexing, Slicing, Joining, Mutating Ops: one part of a tensor. */
final class Slicing {

  private Slicing() {}

  static void addTo(LoweringTable table) {
    table.single("aten::select", Slicing::select);
    table.single("aten::slice", Slicing::slice);
  }

  static String at(Op op, long axis, long index) {
    String position = op.constant("index", Tensor.of(new long[] {index}));
    return op.emit("Gather", Op.axis(axis), op.tensor("self"), position);
  }

  private static String select(Op op) {
    return at(op, op.axis("dim", op.rank("self")), op.integer("index"));
  }

  private static String slice(Op op) {
    if (op.shape("self").equals(op.output().shape()) && op.integer("step") == 1) {
      return op.tensor("self");
    }
    long start = op.given("start") ? op.integer("start") : 0;
    long end = op.given("end") ? op.integer("end") : Long.MAX_VALUE;
    int axis = op.axis("dim", op.rank("self"));
    return op.slice(op.tensor("self"), axis, start, end, op.integer("step"));
  }
}
