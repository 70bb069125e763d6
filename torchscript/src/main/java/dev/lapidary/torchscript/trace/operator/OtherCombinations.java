package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Other Operations: several tensors by each other. */
public final class OtherCombinations {
  private static final IValue ZERO = IValue.number(0);

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

  private static IValue broadcastTensors(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    List<SymInt> shape = List.of();
    for (TensorRef tensor : tensors) {
      shape = Shapes.broadcast(shape, tensor.shape());
    }
    List<IValue> wide = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      wide.add(call.call("expand", tensor, IValue.ints(shape)));
    }
    return new IValue.ListOf(wide);
  }

  /** {@code [a, b]} and {@code [c, d]} as {@code [a, 1, b, 1] x [1, c, 1, d]}. */
  private static IValue kron(Invocation call) {
    List<SymInt> a = padded(call.self(), call.tensor("other").rank());
    List<SymInt> b = padded(call.tensor("other"), call.self().rank());
    List<SymInt> left = new ArrayList<>();
    List<SymInt> right = new ArrayList<>();
    List<SymInt> shape = new ArrayList<>();
    for (int d = 0; d < a.size(); d++) {
      left.addAll(List.of(a.get(d), SymInt.of(1)));
      right.addAll(List.of(SymInt.of(1), b.get(d)));
      shape.add(SymInts.multiply(a.get(d), b.get(d)));
    }
    IValue product =
        call.call(
            "mul",
            call.call("reshape", call.self(), IValue.ints(left)),
            call.call("reshape", call.get("other"), IValue.ints(right)));
    return call.call("reshape", product, IValue.ints(shape));
  }

  private static List<SymInt> padded(TensorRef tensor, int rank) {
    int missing = Math.max(0, rank - tensor.rank());
    List<SymInt> shape = new ArrayList<>(Collections.nCopies(missing, SymInt.of(1)));
    shape.addAll(tensor.shape());
    return shape;
  }

  /** Matrices along the diagonal of a matrix of zeros. */
  private static IValue blockDiag(Invocation call) {
    List<IValue> matrices = call.call("atleast_2d", call.get("tensors")).toList();
    long width = 0;
    for (IValue matrix : matrices) {
      width += SymInts.constant(((TensorRef) matrix).shape().get(1));
    }
    List<IValue> rows = new ArrayList<>();
    long before = 0;
    for (IValue matrix : matrices) {
      long own = ((TensorRef) matrix).shape().get(1).factor();
      IValue pad = IValue.ints(List.of(SymInt.of(before), SymInt.of(width - before - own)));
      rows.add(call.call("constant_pad_nd", matrix, pad, ZERO));
      before += own;
    }
    return call.call("cat", new IValue.ListOf(rows), ZERO);
  }

  /** Each part along a dimension, if it is longer, to the greatest length. */
  private static IValue renorm(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    int[] others = IntStream.range(0, call.self().rank()).filter(d -> d != dim).toArray();
    IValue keep = IValue.bool(true);
    IValue length =
        call.call("linalg_vector_norm", call.self(), call.get("p"), IValue.ints(others), keep);
    IValue allowed = call.get("maxnorm");
    IValue room = call.call("add", length, new IValue.Real(1e-7));
    IValue factor = call.call("mul", call.call("reciprocal", room), allowed);
    IValue longer = call.call("gt", length, allowed);
    IValue one = new IValue.Real(1);
    return call.call("mul", call.self(), call.call("where", longer, factor, one));
  }

  /** The sums over pairs of dimensions: those come last in one matrix and first in the other. */
  private static IValue tensordot(Invocation call) {
    TensorRef a = call.self();
    TensorRef b = call.tensor("other");
    int[] ofA = Shapes.dimensions(call.integers("dims_self"), a.rank());
    int[] ofB = Shapes.dimensions(call.integers("dims_other"), b.rank());
    int[] freeA = others(ofA, a.rank());
    int[] freeB = others(ofB, b.rank());
    SymInt summed = SymInts.product(sizes(a, ofA));
    List<SymInt> rows = sizes(a, freeA);
    List<SymInt> columns = sizes(b, freeB);
    List<SymInt> left = List.of(SymInts.product(rows), summed);
    List<SymInt> right = List.of(summed, SymInts.product(columns));
    IValue product =
        call.call(
            "matmul",
            call.call("reshape", permuted(call, a, freeA, ofA), IValue.ints(left)),
            call.call("reshape", permuted(call, b, ofB, freeB), IValue.ints(right)));
    List<SymInt> shape = new ArrayList<>(rows);
    shape.addAll(columns);
    return call.call("reshape", product, IValue.ints(shape));
  }

  private static int[] others(int[] dims, int rank) {
    return IntStream.range(0, rank)
        .filter(d -> Arrays.stream(dims).noneMatch(e -> e == d))
        .toArray();
  }

  private static List<SymInt> sizes(TensorRef tensor, int[] dims) {
    return Arrays.stream(dims).mapToObj(d -> tensor.shape().get(d)).toList();
  }

  private static IValue permuted(Invocation call, TensorRef tensor, int[] first, int[] last) {
    int[] order = IntStream.concat(Arrays.stream(first), Arrays.stream(last)).toArray();
    return call.call("permute", tensor, IValue.ints(order));
  }

  /** A grid's coordinates; {@code indexing="xy"} exchanges the first two. */
  private static IValue meshgrid(Invocation call) {
    List<TensorRef> tensors = call.tensors("tensors");
    boolean exchanged =
        call.has("indexing") && call.text("indexing").equals("xy") && tensors.size() > 1;
    List<SymInt> grid = new ArrayList<>();
    for (TensorRef tensor : tensors) {
      grid.add(SymInts.product(tensor.shape()));
    }
    if (exchanged) {
      java.util.Collections.swap(grid, 0, 1);
    }
    List<IValue> grids = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      int axis = exchanged && i < 2 ? 1 - i : i;
      List<SymInt> line = new ArrayList<>(java.util.Collections.nCopies(grid.size(), SymInt.of(1)));
      line.set(axis, grid.get(axis));
      IValue along = call.call("reshape", tensors.get(i), IValue.ints(line));
      grids.add(call.call("expand", along, IValue.ints(grid)));
    }
    return new IValue.ListOf(grids);
  }
}
