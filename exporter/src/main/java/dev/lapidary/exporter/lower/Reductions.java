package dev.lapidary.exporter.lower;

import java.util.stream.LongStream;

/** What reductions share. */
final class Reductions {

  private Reductions() {}

  /** The dimensions of a parameter that is absent, None, a number or a list; none means all. */
  static long[] axes(Op op, String parameter) {
    int rank = op.rank("self");
    long[] given = op.given(parameter) ? op.integers(parameter) : new long[0];
    return given.length == 0
        ? LongStream.range(0, rank).toArray()
        : LongStream.of(given).map(dim -> Op.axis(dim, rank)).sorted().toArray();
  }

  static boolean keeps(Op op) {
    return op.given("keepdim") && op.bool("keepdim");
  }

  static String reduce(Op op, String onnx) {
    return op.reduce(onnx, op.operand("self", op.output().dtype()), keeps(op), axes(op, "dim"));
  }
}
