package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Parts of tensors: {@code select}, {@code slice}, {@code index}, {@code chunk}, {@code gather}.
 */
final class Selections {
  private Selections() {}

  static void addTo(LoweringTable table) {
    table.single("aten::select", Selections::select);
    table.single("aten::slice", Selections::slice);
    table.single("aten::narrow", Selections::narrow);
    table.single("aten::index", Selections::index);
    table.several("aten::chunk", Selections::split);
    table.several("aten::split", Selections::split);
    table.several("aten::split_with_sizes", Selections::split);
    table.several("aten::unbind", Selections::unbind);
    table.single("aten::roll", Selections::roll);
    table.single("aten::gather", Selections::gather);
    table.single("aten::scatter", Selections::scatter);
    table.single("aten::scatter_add", op -> reduced(op, "add"));
    table.single("aten::scatter_reduce", op -> reduced(op, reduction(op)));
  }

  private static Map<String, Attribute> axis(long axis) {
    return Map.of("axis", Attribute.of(axis));
  }

  private static String at(Op op, long axis, long index) {
    String position = op.constant("index", Tensor.of(new long[] {index}));
    return op.emit("Gather", axis(axis), op.tensor("self"), position);
  }

  private static String select(Op op) {
    return at(op, op.axis("dim", op.rank("self")), op.integer("index"));
  }

  private static String slice(Op op) {
    if (op.shape("self").equals(op.output().shape()) && op.integer("step") == 1) {
      return op.tensor("self");
    }
    long start = op.given("start") ? op.integer("start") : 0;
    long end = op.given("end") ? op.integer("end") : Long.MAX_VALUE;
    int axis = op.axis("dim", op.rank("self"));
    return op.slice(op.tensor("self"), axis, start, end, op.integer("step"));
  }

  private static String narrow(Op op) {
    long start = op.integer("start");
    int axis = op.axis("dim", op.rank("self"));
    return op.slice(op.tensor("self"), axis, start, start + op.integer("length"), 1);
  }

  private static String gather(Op op) {
    long axis = op.axis("dim", op.rank("self"));
    return op.emit("GatherElements", axis(axis), op.tensor("self"), op.tensor("index"));
  }

  private static String scatter(Op op) {
    return scattered(op, axis(op.axis("dim", op.rank("self"))));
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

  /** The index, behind as many Nones, takes its dimension's place. */
  private static String index(Op op) {
    List<Argument> indices = op.items("indices");
    int axis = indices.size() - 1;
    return op.emit("Gather", axis(axis), op.tensor("self"), op.name(indices.get(axis), "indices"));
  }

  /** The sizes are those of the traced parts. */
  private static List<String> split(Op op) {
    int axis = op.axis("dim", op.rank("self"));
    List<Value> parts = op.outputs();
    if (parts.size() == 1) {
      return List.of(op.tensor("self"));
    }
    long[] sizes = parts.stream().mapToLong(p -> p.shape().get(axis).constant()).toArray();
    List<String> inputs = List.of(op.tensor("self"), op.ints(sizes));
    return op.several("Split", sizes.length, axis(axis), inputs);
  }

  private static List<String> unbind(Op op) {
    int axis = op.axis("dim", op.rank("self"));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < op.outputs().size(); i++) {
      parts.add(at(op, axis, i));
    }
    return parts;
  }

  /** Along each dimension the end comes to the front: two slices, put together again. */
  private static String roll(Op op) {
    long[] shifts = op.integers("shifts");
    long[] dims = op.integers("dims");
    if (dims.length != shifts.length) {
      throw op.unsupported("without dims is not supported");
    }
    List<Dim> shape = op.shape("self");
    String x = op.tensor("self");
    for (int i = 0; i < dims.length; i++) {
      int axis = Op.axis(dims[i], shape.size());
      long size = shape.get(axis).constant();
      long cut = Math.floorMod(-shifts[i], size);
      if (cut != 0) {
        String tail = op.slice(x, axis, cut, size, 1);
        x = op.emit("Concat", axis(axis), tail, op.slice(x, axis, 0, cut, 1));
      }
    }
    return x;
  }
}
