package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.List;
import java.util.Map;

/** Comparison Ops: elements in order. */
final class ComparisonSorting {

  private ComparisonSorting() {}

  static void addTo(LoweringTable table) {
    table.several("aten::topk", ComparisonSorting::topk);
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
}
