package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;

/**
 * Creation Ops: tensors out of sizes and numbers. A shape that depends on the batch is filled at
 * run time.
 */
final class Creations {

  private Creations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::full", op -> filled(op, op.real("fill_value")));
    table.single("aten::arange", Creations::numbered);
  }

  /** The numbers of the batch's samples; any other range is a constant. */
  private static String numbered(Op op) {
    String count = op.emit("Squeeze", op.shapeVector(op.output().shape()));
    return op.emit("Range", op.scalar(0, DType.INT64), count, op.scalar(1, DType.INT64));
  }

  private static String filled(Op op, double value) {
    List<SymInt> shape = op.output().shape();
    DType dtype = op.output().dtype();
    if (shape.stream().noneMatch(SymInt::perBatch)) {
      long[] sizes = shape.stream().mapToLong(SymInt::constant).toArray();
      return op.constant("filled", Constants.full(value, dtype, sizes));
    }
    Attribute fill = new Attribute.Constant(Constants.full(value, dtype, 1));
    return op.emit("ConstantOfShape", Map.of("value", fill), op.shapeVector(shape));
  }
}
