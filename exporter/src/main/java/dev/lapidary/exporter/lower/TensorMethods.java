package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;

/**
 * Methods of {@code torch.Tensor}: copies, types and writes. What changes nothing in inference is
 * no node, what changes the element type a Cast.
 */
final class TensorMethods {

  private TensorMethods() {}

  static void addTo(LoweringTable table) {
    table.single("aten::to", TensorMethods::cast);
  }

  private static String cast(Op op) {
    DType to = op.output().dtype();
    return op.cast(op.tensor("self"), op.dtype("self"), to);
  }
}
