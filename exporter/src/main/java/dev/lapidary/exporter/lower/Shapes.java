package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What moves elements without computing: the result's shape is the traced one. */
final class Shapes {
  private Shapes() {}

  static void addTo(LoweringTable table) {
    for (String name :
        List.of(
            "flatten",
            "view",
            "_unsafe_view",
            "reshape",
            "reshape_as",
            "view_as",
            "unflatten",
            "squeeze",
            "unsqueeze")) {
      table.single("aten::" + name, Shapes::reshape);
    }
    table.single("aten::permute", Shapes::permute);
    table.single("aten::transpose", Shapes::transpose);
    table.single("aten::t", op -> op.rank("self") < 2 ? op.tensor("self") : turn(op, 0, 1));
    table.single("aten::expand", Shapes::expand);
    table.single("aten::expand_as", Shapes::expand);
    table.single("aten::repeat", Shapes::repeat);
    table.single("aten::cat", Shapes::cat);
    table.single("aten::concat", Shapes::cat);
    table.single("aten::stack", Shapes::stack);
    table.single("aten::pixel_shuffle", Shapes::pixelShuffle);
    table.single("aten::channel_shuffle", Shapes::channelShuffle);
  }

  private static String reshape(Op op) {
    return op.reshape(op.tensor("self"), op.shape("self"), op.output().shape());
  }

  private static String permute(Op op) {
    int rank = op.rank("self");
    long[] dims = op.integers("dims");
    return op.transpose(
        op.tensor("self"), IntStream.range(0, rank).map(i -> Op.axis(dims[i], rank)).toArray());
  }

  private static String transpose(Op op) {
    int rank = op.rank("self");
    return turn(op, op.axis("dim0", rank), op.axis("dim1", rank));
  }

  private static String turn(Op op, int first, int second) {
    int[] permutation = IntStream.range(0, op.rank("self")).toArray();
    permutation[first] = second;
    permutation[second] = first;
    return op.transpose(op.tensor("self"), permutation);
  }

  private static String expand(Op op) {
    if (op.shape("self").equals(op.output().shape())) {
      return op.tensor("self");
    }
    return op.emit("Expand", op.tensor("self"), op.shapeVector(op.output().shape()));
  }

  private static String repeat(Op op) {
    List<Dim> repeats = op.dims("repeats");
    List<Dim> shape = new ArrayList<>(op.shape("self"));
    while (shape.size() < repeats.size()) {
      shape.add(0, Dim.of(1));
    }
    String x = op.reshape(op.tensor("self"), op.shape("self"), shape);
    boolean once = repeats.stream().allMatch(Dim.of(1)::equals);
    return once ? x : op.emit("Tile", x, op.shapeVector(repeats));
  }

  /** Empty tensors of shape [0] are skipped, as PyTorch does. */
  private static String cat(Op op) {
    DType dtype = op.output().dtype();
    List<String> parts = new ArrayList<>();
    List<String> names = op.tensors("tensors");
    for (int i = 0; i < names.size(); i++) {
      List<Dim> shape = op.shape(op.items("tensors").get(i));
      if (!shape.equals(List.of(Dim.of(0)))) {
        parts.add(op.cast(names.get(i), op.dtype(op.items("tensors").get(i)), dtype));
      }
    }
    long axis = op.axis("dim", op.output().rank());
    return parts.size() == 1
        ? parts.get(0)
        : op.emit("Concat", Map.of("axis", Attribute.of(axis)), parts);
  }

  private static String stack(Op op) {
    long axis = op.axis("dim", op.output().rank());
    List<String> parts = new ArrayList<>();
    for (String part : op.tensors("tensors")) {
      parts.add(op.emit("Unsqueeze", part, op.ints(axis)));
    }
    return op.emit("Concat", Map.of("axis", Attribute.of(axis)), parts);
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
