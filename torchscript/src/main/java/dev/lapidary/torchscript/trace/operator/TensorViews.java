package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
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

/**
 * Tensor Views: the same elements in another shape or order of dimensions. All of them are {@code
 * reshape}, {@code permute} or {@code expand}.
 */
public final class TensorViews {

  private TensorViews() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("atleast_1d", call -> atleast(call, 1));
    table.put("atleast_2d", call -> atleast(call, 2));
    table.put("atleast_3d", call -> atleast(call, 3));
    table.put("reshape", call -> Views.reshape(call, call.dims("shape"), false));
    table.put("view", call -> Views.reshape(call, call.dims("size"), true));
    table.put("_unsafe_view", call -> Views.reshape(call, call.dims("size"), true));
    table.put("view_as", call -> Views.reshape(call, call.tensor("other").shape(), true));
    table.put("reshape_as", call -> Views.reshape(call, call.tensor("other").shape(), false));
    table.put("flatten", TensorViews::flatten);
    table.put("unflatten", TensorViews::unflatten);
    table.put("squeeze", TensorViews::squeeze);
    table.put("unsqueeze", TensorViews::unsqueeze);
    table.put("permute", call -> Views.permute(call, order(call)));
    table.put("transpose", call -> swap(call, call.integer("dim0"), call.integer("dim1")));
    table.put("swapdims", call -> swap(call, call.integer("dim0"), call.integer("dim1")));
    table.put("swapaxes", call -> swap(call, call.integer("axis0"), call.integer("axis1")));
    table.put("t", call -> call.self().rank() < 2 ? call.self() : swap(call, 0, 1));
    table.put("numpy_T", TensorViews::numpyT);
    table.put("movedim", TensorViews::move);
    table.put("moveaxis", TensorViews::move);
    table.put("expand", call -> Views.expand(call, call.dims("size")));
    table.put("expand_as", call -> Views.expand(call, call.tensor("other").shape()));
    table.put("broadcast_to", call -> Views.expand(call, call.dims("size")));
  }

  private static IValue atleast(Invocation call, int rank) {
    if (call.get(call.has("tensors") ? "tensors" : "self") instanceof IValue.ListOf list) {
      return new IValue.ListOf(
          list.items().stream().map(t -> raised(call, (TensorRef) t, rank)).toList());
    }
    return raised(call, call.self(), rank);
  }

  /**
   * {@code [n]} becomes {@code [1, n]} and {@code [1, n, 1]}, and {@code [m, n]} {@code [m, n, 1]}.
   */
  private static IValue raised(Invocation call, TensorRef tensor, int rank) {
    List<SymInt> shape = new ArrayList<>(tensor.shape());
    if (shape.size() == 1 && rank > 1) {
      shape.add(0, SymInt.of(1));
    }
    while (shape.size() < rank) {
      shape.add(SymInt.of(1));
    }
    boolean same = shape.size() == tensor.rank();
    return same ? tensor : call.call("reshape", tensor, IValue.ints(shape));
  }

  private static IValue flatten(Invocation call) {
    List<SymInt> shape = call.self().shape();
    if (shape.isEmpty()) {
      return Views.reshape(call, List.of(SymInt.of(1)), false);
    }
    int first = Shapes.dimension(call.integer("start_dim"), shape.size());
    int last = Shapes.dimension(call.integer("end_dim"), shape.size());
    List<SymInt> flat = new ArrayList<>(shape.subList(0, first));
    flat.add(SymInts.product(shape.subList(first, last + 1)));
    flat.addAll(shape.subList(last + 1, shape.size()));
    return Views.reshape(call, flat, false);
  }

  private static IValue unflatten(Invocation call) {
    List<SymInt> shape = call.self().shape();
    int dim = Shapes.dimension(call.integer("dim"), shape.size());
    List<SymInt> sizes = Views.resolved(call.dims("sizes"), shape.get(dim));
    List<SymInt> apart = new ArrayList<>(shape.subList(0, dim));
    apart.addAll(sizes);
    apart.addAll(shape.subList(dim + 1, shape.size()));
    return Views.reshape(call, apart, true);
  }

  private static IValue squeeze(Invocation call) {
    List<SymInt> shape = call.self().shape();
    int[] dims = Shapes.dimensions(call.has("dim") ? dims(call) : new long[0], shape.size());
    List<SymInt> left = new ArrayList<>();
    for (int d = 0; d < shape.size(); d++) {
      boolean named = Arrays.binarySearch(dims, d) >= 0;
      if (named && shape.get(d).perBatch() && !call.has("dim")) {
        throw ProgramRefusal.unsupported("squeeze() of all dimensions drops a batch of 1");
      }
      if (!named || !SymInts.isOne(shape.get(d))) {
        left.add(shape.get(d));
      }
    }
    return Views.reshape(call, left, true);
  }

  private static long[] dims(Invocation call) {
    return call.get("dim") instanceof IValue.Int
        ? new long[] {call.integer("dim")}
        : call.integers("dim");
  }

  private static IValue unsqueeze(Invocation call) {
    List<SymInt> shape = new ArrayList<>(call.self().shape());
    shape.add(Shapes.dimension(call.integer("dim"), shape.size() + 1), SymInt.of(1));
    return Views.reshape(call, shape, true);
  }

  private static int[] order(Invocation call) {
    int rank = call.self().rank();
    return Arrays.stream(call.integers("dims")).mapToInt(d -> Shapes.dimension(d, rank)).toArray();
  }

  private static IValue swap(Invocation call, long a, long b) {
    int rank = call.self().rank();
    int[] order = IntStream.range(0, rank).toArray();
    int i = Shapes.dimension(a, rank);
    int j = Shapes.dimension(b, rank);
    if (rank > 0) {
      order[i] = j;
      order[j] = i;
    }
    return Views.permute(call, order);
  }

  private static IValue numpyT(Invocation call) {
    int rank = call.self().rank();
    return Views.permute(call, IntStream.range(0, rank).map(d -> rank - 1 - d).toArray());
  }

  private static IValue move(Invocation call) {
    int rank = call.self().rank();
    int[] from = positions(call.get("source"), rank);
    int[] to = positions(call.get("destination"), rank);
    Integer[] order = new Integer[rank];
    List<Integer> remainder = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    for (int i = 0; i < from.length; i++) {
      order[to[i]] = from[i];
      remainder.remove((Integer) from[i]);
    }
    Collections.reverse(remainder);
    int[] full = new int[rank];
    for (int d = 0; d < rank; d++) {
      full[d] = order[d] == null ? remainder.remove(remainder.size() - 1) : order[d];
    }
    return Views.permute(call, full);
  }

  private static int[] positions(IValue ivalue, int rank) {
    List<IValue> items = ivalue instanceof IValue.Int ? List.of(ivalue) : ivalue.toList();
    return items.stream().mapToInt(d -> Shapes.dimension(d.toLong(), rank)).toArray();
  }
}
