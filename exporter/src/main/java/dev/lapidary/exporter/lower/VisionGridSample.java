package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import java.util.List;
import java.util.Map;

/** Vision functions: images sampled at the points of a grid. GridSample. */
final class VisionGridSample {

  private VisionGridSample() {}

  static void addTo(LoweringTable table) {
    table.single("aten::grid_sampler", VisionGridSample::sampled);
  }

  /** Opset 20 calls the modes as Resize does. */
  private static String sampled(Op op) {
    if (op.opset() < 16) {
      throw op.unsupported("is ONNX's GridSample, which opset 16 brought: give --opset 16 or more");
    }
    List<String> modes =
        op.opset() < 20
            ? List.of("bilinear", "nearest", "bicubic")
            : List.of("linear", "nearest", "cubic");
    List<String> paddings = List.of("zeros", "border", "reflection");
    Map<String, Attribute> attributes =
        Map.of(
            "mode", Attribute.of(modes.get((int) op.integer("interpolation_mode"))),
            "padding_mode", Attribute.of(paddings.get((int) op.integer("padding_mode"))),
            "align_corners", Attribute.of(op.bool("align_corners") ? 1L : 0L));
    return op.emit("GridSample", attributes, op.tensor("input"), op.tensor("grid"));
  }
}
