package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.Arrays;
import java.util.Map;

/** Vision functions: padding. PyTorch counts pads from the last dimension. */
final class VisionPadding {

  private VisionPadding() {}

  static void addTo(LoweringTable table) {
    table.single("aten::pad", VisionPadding::pad);
    table.single("aten::constant_pad_nd", op -> pad(op, "constant"));
  }

  private static String pad(Op op) {
    return switch (op.text("mode")) {
      case "constant" -> pad(op, "constant");
      case "reflect" -> pad(op, "reflect");
      case "replicate" -> pad(op, "edge");
      default -> throw op.unsupported("with mode=" + op.text("mode") + " is not supported");
    };
  }

  private static String pad(Op op, String mode) {
    long[] pads = op.integers("pad");
    if (Arrays.stream(pads).allMatch(p -> p == 0)) {
      return op.tensor("self");
    }
    int rank = op.rank("self");
    long[] both = new long[2 * rank];
    for (int i = 0; i < pads.length / 2; i++) {
      both[rank - 1 - i] = pads[2 * i];
      both[2 * rank - 1 - i] = pads[2 * i + 1];
    }
    double value = mode.equals("constant") ? op.realOr("value", 0) : 0;
    Map<String, Attribute> attributes = Map.of("mode", Attribute.of(mode));
    String x = op.tensor("self");
    String amounts = op.ints(both);
    return op.emit(
        "Pad", attributes, x, amounts, value == 0 ? "" : op.scalar(value, op.output().dtype()));
  }
}
