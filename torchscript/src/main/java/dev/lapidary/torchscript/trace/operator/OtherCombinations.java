package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Other Operations: several tensors by each other. */
public final class OtherCombinations {
  private static final Datum ZERO = Datum.number(0);

  private OtherCombinations() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("broadcast_tensors", OtherCombinations::broadcastTensors);
    table.put("kron", OtherCombinations::kron);
    table.put("block_diag", OtherCombinations::blockDiag);
    table.put("renorm", OtherCombinations::renorm);
    table.put("tensordot", OtherCombinations::tensordot);
    table.put("einsum", Einsum::apply);
    table.put("meshgrid", OtherCombinations::meshgrid);
  }

  private static Datum broadcastTensors(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    List<Dim> shape = List.of();
    for (TensorRef tensor : tensors) {
      shape = Shapes.broadcast(shape, tensor.shape());
    }
    List<Datum> wide = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      wide.add(call.call("expand", tensor, Datum.ints(shape)));
    }
    return new Datum.ListOf(wide);
  }

  /** {@code [a, b]} and {@code [c, d]} as {@code [a, 1, b, 1] x [1, c, 1, d]}. */
  private static Datum kron(Invocation call) {
    List<Dim> a = padded(call.self(), call.tensor("other").rank());
    List<Dim> b = padded(call.tensor("other"), call.self().rank());
    List<Dim> left = new ArrayList<>();
    List<Dim> right = new ArrayList<>();
    List<Dim> shape = new ArrayList<>();
    for (int d = 0; d < a.size(); d++) {
      left.addAll(List.of(a.get(d), Dim.of(1)));
      right.addAll(List.of(Dim.of(1), b.get(d)));
      shape.add(Dims.multiply(a.get(d), b.get(d)));
    }
    Datum product =
        call.call(
            "mul",
            call.call("reshape", call.self(), Datum.ints(left)),
            call.call("reshape", call.get("other"), Datum.ints(right)));
    return call.call("reshape", product, Datum.ints(shape));
  }

  private static List<Dim> padded(TensorRef tensor, int rank) {
    int missing = Math.max(0, rank - tensor.rank());
    List<Dim> shape = new ArrayList<>(Collections.nCopies(missing, Dim.of(1)));
    shape.addAll(tensor.shape());
    return shape;
  }

  /** Matrices along the diagonal of a matrix of zeros. */
  private static Datum blockDiag(Invocation call) {
    List<Datum> matrices = call.call("atleast_2d", call.get("tensors")).toList();
    long width = 0;
    for (Datum matrix : matrices) {
      width += Dims.constant(((TensorRef) matrix).shape().get(1));
    }
    List<Datum> rows = new ArrayList<>();
    long before = 0;
    for (Datum matrix : matrices) {
      long own = ((TensorRef) matrix).shape().get(1).factor();
      Datum pad = Datum.ints(List.of(Dim.of(before), Dim.of(width - before - own)));
      rows.add(call.call("constant_pad_nd", matrix, pad, ZERO));
      before += own;
    }
    return call.call("cat", new Datum.ListOf(rows), ZERO);
  }

  /** Each part along a dimension, if it is longer, to the greatest length. */
  private static Datum renorm(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    int[] others = IntStream.range(0, call.self().rank()).filter(d -> d != dim).toArray();
    Datum keep = Datum.bool(true);
    Datum length =
        call.call("linalg_vector_norm", call.self(), call.get("p"), Datum.ints(others), keep);
    Datum allowed = call.get("maxnorm");
    Datum room = call.call("add", length, new Datum.Real(1e-7));
    Datum factor = call.call("mul", call.call("reciprocal", room), allowed);
    Datum longer = call.call("gt", length, allowed);
    Datum one = new Datum.Real(1);
    return call.call("mul", call.self(), call.call("where", longer, factor, one));
  }

  /** The sums over pairs of dimensions: those come last in one matrix and first in the other. */
  private static Datum tensordot(Invocation call) {
    TensorRef a = call.self();
    TensorRef b = call.tensor("other");
    int[] ofA = Shapes.dimensions(call.integers("dims_self"), a.rank());
    int[] ofB = Shapes.dimensions(call.integers("dims_other"), b.rank());
    int[] freeA = others(ofA, a.rank());
    int[] freeB = others(ofB, b.rank());
    Dim summed = Dims.product(sizes(a, ofA));
    List<Dim> rows = sizes(a, freeA);
    List<Dim> columns = sizes(b, freeB);
    List<Dim> left = List.of(Dims.product(rows), summed);
    List<Dim> right = List.of(summed, Dims.product(columns));
    Datum product =
        call.call(
            "matmul",
            call.call("reshape", permuted(call, a, freeA, ofA), Datum.ints(left)),
            call.call("reshape", permuted(call, b, ofB, freeB), Datum.ints(right)));
    List<Dim> shape = new ArrayList<>(rows);
    shape.addAll(columns);
    return call.call("reshape", product, Datum.ints(shape));
  }

  private static int[] others(int[] dims, int rank) {
    return IntStream.range(0, rank)
        .filter(d -> Arrays.stream(dims).noneMatch(e -> e == d))
        .toArray();
  }

  private static List<Dim> sizes(TensorRef tensor, int[] dims) {
    return Arrays.stream(dims).mapToObj(d -> tensor.shape().get(d)).toList();
  }

  private static Datum permuted(Invocation call, TensorRef tensor, int[] first, int[] last) {
    int[] order = IntStream.concat(Arrays.stream(first), Arrays.stream(last)).toArray();
    return call.call("permute", tensor, Datum.ints(order));
  }

  /** A grid's coordinates; {@code indexing="xy"} exchanges the first two. */
  private static Datum meshgrid(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    boolean exchanged =
        call.has("indexing") && call.text("indexing").equals("xy") && tensors.size() > 1;
    List<Dim> grid = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      grid.add(Dims.product(tensor.shape()));
    }
    if (exchanged) {
      java.util.Collections.swap(grid, 0, 1);
    }
    List<Datum> grids = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      int axis = exchanged && i < 2 ? 1 - i : i;
      List<Dim> line = new ArrayList<>(java.util.Collections.nCopies(grid.size(), Dim.of(1)));
      line.set(axis, grid.get(axis));
      Datum along = call.call("reshape", tensors.get(i), Datum.ints(line));
      grids.add(call.call("expand", along, Datum.ints(grid)));
    }
    return new Datum.ListOf(grids);
  }
}
