package dev.lapidary.exporter.lower;

/** Other Operations: several tensors by each other. */
final class OtherCombinations {

  private OtherCombinations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::einsum", Einsum::lower);
  }
}
