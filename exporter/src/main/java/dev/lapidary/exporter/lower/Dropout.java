package dev.lapidary.exporter.lower;

/** Dropout functions, which do nothing in inference. */
final class Dropout {

  private Dropout() {}

  static void addTo(LoweringTable table) {
    table.single("aten::dropout", Dropout::dropout);
    table.single("aten::feature_dropout", Dropout::dropout);
  }

  private static String dropout(Op op) {
    if (op.bool("train") && op.real("p") != 0) {
      throw op.unsupported("in training mode is not supported; call model.eval() before saving");
    }
    return op.tensor("input");
  }
}
