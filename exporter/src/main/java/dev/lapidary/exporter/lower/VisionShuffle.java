package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.Dim;
import java.util.List;
import java.util.Map;

/** Vision functions: channels and pixels shuffled. */
final class VisionShuffle {

  private VisionShuffle() {}

  static void addTo(LoweringTable table) {
    table.single("aten::pixel_shuffle", VisionShuffle::pixelShuffle);
    table.single("aten::channel_shuffle", VisionShuffle::channelShuffle);
  }

  private static String pixelShuffle(Op op) {
    Map<String, Attribute> attributes =
        Map.of(
            "blocksize", Attribute.of(op.integer("upscale_factor")), "mode", Attribute.of("CRD"));
    return op.emit("DepthToSpace", attributes, op.tensor("self"));
  }

  private static String channelShuffle(Op op) {
    List<Dim> in = op.shape("self");
    long groups = op.integer("groups");
    Dim rest = Dim.of(in.get(1).constant() / groups);
    List<Dim> five = List.of(in.get(0), Dim.of(groups), rest, in.get(2), in.get(3));
    String turned = op.transpose(op.reshape(op.tensor("self"), in, five), 0, 2, 1, 3, 4);
    List<Dim> swapped = List.of(in.get(0), rest, Dim.of(groups), in.get(2), in.get(3));
    return op.reshape(turned, swapped, in);
  }
}
