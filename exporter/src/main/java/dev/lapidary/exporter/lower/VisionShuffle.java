package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
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
    List<SymInt> in = op.shape("self");
    long groups = op.integer("groups");
    SymInt remainder = SymInt.of(in.get(1).constant() / groups);
    List<SymInt> five = List.of(in.get(0), SymInt.of(groups), remainder, in.get(2), in.get(3));
    String turned = op.transpose(op.reshape(op.tensor("self"), in, five), 0, 2, 1, 3, 4);
    List<SymInt> swapped = List.of(in.get(0), remainder, SymInt.of(groups), in.get(2), in.get(3));
    return op.reshape(turned, swapped, in);
  }
}
