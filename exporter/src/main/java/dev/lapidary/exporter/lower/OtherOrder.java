package dev.lapidary.exporter.lower;

import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;

/** Other Operations: elements flipped, rolled and repeated. */
final class OtherOrder {

  private OtherOrder() {}

  static void addTo(LoweringTable table) {
    table.single("aten::roll", OtherOrder::roll);
  }

  /** Along each dimension the end comes to the front: two slices, put together again. */
  private static String roll(Op op) {
    long[] shifts = op.integers("shifts");
    long[] dims = op.integers("dims");
    if (dims.length != shifts.length) {
      throw op.unsupported("without dims is not supported");
    }
    List<SymInt> shape = op.shape("self");
    String x = op.tensor("self");
    for (int i = 0; i < dims.length; i++) {
      int axis = Op.axis(dims[i], shape.size());
      long size = shape.get(axis).constant();
      long cut = Math.floorMod(-shifts[i], size);
      if (cut != 0) {
        String tail = op.slice(x, axis, cut, size, 1);
        x = op.concat(axis, List.of(tail, op.slice(x, axis, 0, cut, 1)));
      }
    }
    return x;
  }
}
