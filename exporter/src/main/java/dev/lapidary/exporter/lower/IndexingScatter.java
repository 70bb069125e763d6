package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.Map;

/** Indexing, Slicing, Joining, Mutating Ops: values written at indices. */
final class IndexingScatter {

  private IndexingScatter() {}

  static void addTo(LoweringTable table) {
    table.single("aten::scatter", IndexingScatter::scatter);
    table.single("aten::scatter_add", op -> reduced(op, "add"));
    table.single("aten::scatter_reduce", op -> reduced(op, reduction(op)));
  }

  private static String scatter(Op op) {
    return scattered(op, Op.axis(op.axis("dim", op.rank("self"))));
  }

  private static String scattered(Op op, Map<String, Attribute> attributes) {
    return op.emit(
        "ScatterElements", attributes, op.tensor("self"), op.tensor("index"), op.tensor("src"));
  }

  private static String reduced(Op op, String reduce) {
    int needed = reduce.equals("max") || reduce.equals("min") ? 18 : 16;
    if (op.opset() < needed) {
      throw op.unsupported(
          "is ONNX's ScatterElements with reduction=%s, which opset %d brought; give --opset %d or more"
              .formatted(reduce, needed, needed));
    }
    return scattered(
        op,
        Map.of(
            "axis",
            Attribute.of((long) op.axis("dim", op.rank("self"))),
            "reduction",
            Attribute.of(reduce)));
  }

  private static String reduction(Op op) {
    return switch (op.text("reduce")) {
      case "sum" -> "add";
      case "prod" -> "mul";
      case "amax" -> "max";
      case "amin" -> "min";
      default -> throw op.unsupported("with reduce=" + op.text("reduce") + " is not supported");
    };
  }
}
