package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.models.graph.Argument;
import dev.lapidary.models.graph.Argument.Constant;
import dev.lapidary.models.graph.Argument.None;
import dev.lapidary.models.graph.Argument.Value;
import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Parts of tensors: {@code select}, {@code slice}, {@code index}, {@code chunk}, {@code gather}.
 */
final class Selections {
  private Selections() {}

  static void addTo(Operators operators) {
    operators.single("aten::select", Selections::select);
    operators.single("aten::slice", Selections::slice);
    operators.single("aten::narrow", Selections::narrow);
    operators.single("aten::index", Selections::index);
    operators.several("aten::chunk", Selections::split);
    operators.several("aten::split", Selections::split);
    operators.several("aten::split_with_sizes", Selections::split);
    operators.several("aten::unbind", Selections::unbind);
    operators.single("aten::roll", Selections::roll);
    operators.single("aten::gather", Selections::gather);
    operators.single("aten::scatter", Selections::scatter);
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
    long axis = op.axis("dim", op.rank("self"));
    return op.emit(
        "ScatterElements", axis(axis), op.tensor("self"), op.tensor("index"), op.tensor("src"));
  }

  /** One index tensor among Nones takes its dimension's place; several adjacent ones act as one. */
  private static String index(Op op) {
    List<Argument> indices = op.items("indices");
    List<Integer> given = new ArrayList<>();
    for (int i = 0; i < indices.size(); i++) {
      if (!(indices.get(i) instanceof None)) {
        given.add(i);
      }
    }
    if (given.size() == 1) {
      int axis = given.get(0);
      return op.emit("Gather", axis(axis), op.tensor("self"), position(op, indices.get(axis)));
    }
    return indexAdjacent(op, indices, given);
  }

  private static String position(Op op, Argument index) {
    boolean mask = index instanceof Value v ? v.dtype() == DType.BOOL : isMask(index);
    if (mask) {
      throw op.unsupported("by a mask is not supported: the result's shape depends on the data");
    }
    return op.name(index, "indices");
  }

  private static boolean isMask(Argument index) {
    return index instanceof Constant c && c.tensor().dtype() == DType.BOOL;
  }

  /** x[:, i, j] with constant vectors: Reshape joins the dimensions, i * size + j is gathered. */
  private static String indexAdjacent(Op op, List<Argument> indices, List<Integer> given) {
    int first = given.get(0);
    int last = given.get(given.size() - 1);
    List<Dim> shape = op.shape("self");
    long[] joined = null;
    long[] form = new long[0];
    for (int axis = first; axis <= last; axis++) {
      if (!(indices.get(axis) instanceof Constant c) || isMask(c)) {
        throw op.unsupported("by several tensors is supported where all are constant and adjacent");
      }
      long size = shape.get(axis).constant();
      long[] values = c.tensor().toLongs();
      if (joined != null && values.length != joined.length) {
        throw op.unsupported("by several tensors of different shapes is not supported");
      }
      form = c.tensor().shape();
      long[] next = new long[values.length];
      for (int i = 0; i < next.length; i++) {
        long position = values[i] < 0 ? values[i] + size : values[i];
        next[i] = (joined == null ? 0 : joined[i] * size) + position;
      }
      joined = next;
    }
    List<Dim> merged = new ArrayList<>(shape.subList(0, first));
    merged.add(Products.product(op, shape.subList(first, last + 1)));
    merged.addAll(shape.subList(last + 1, shape.size()));
    String flat = op.reshape(op.tensor("self"), shape, merged);
    String positions = op.constant("index", Tensor.of(joined == null ? new long[0] : joined, form));
    return op.emit("Gather", axis(first), flat, positions);
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
