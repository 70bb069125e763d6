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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Tensor Views: the same elements in another shape or order of dimensions. All of them are {@code
 * reshape}, {@code permute} or {@code expand}.
 */
final class TensorViews {

  private TensorViews() {}

  static void addTo(Map<String, Operator> table) {
    table.put("atleast_1d", call -> atleast(call, 1));
    table.put("atleast_2d", call -> atleast(call, 2));
    table.put("atleast_3d", call -> atleast(call, 3));
    table.put("reshape", call -> Views.reshape(call, call.dims("shape"), false));
    table.put("view", call -> Views.reshape(call, call.dims("size"), true));
    table.put("flatten", TensorViews::flatten);
    table.put("unflatten", TensorViews::unflatten);
    table.put("squeeze", TensorViews::squeeze);
    table.put("unsqueeze", TensorViews::unsqueeze);
    table.put("permute", call -> Views.permute(call, order(call)));
    table.put("transpose", call -> swap(call, call.integer("dim0"), call.integer("dim1")));
    table.put("t", call -> call.self().rank() < 2 ? call.self() : swap(call, 0, 1));
    table.put("movedim", TensorViews::move);
    table.put("expand", Views::expand);
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
    SymInt flat = SymInts.product(shape.subList(first, last + 1));
    return Views.reshape(call, Shapes.replaced(shape, first, last + 1, List.of(flat)), false);
  }

  private static IValue unflatten(Invocation call) {
    List<SymInt> shape = call.self().shape();
    int dim = Shapes.dimension(call.integer("dim"), shape.size());
    List<SymInt> sizes = Views.resolved(call.dims("sizes"), shape.get(dim));
    return Views.reshape(call, Shapes.replaced(shape, dim, dim + 1, sizes), true);
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

  private static IValue move(Invocation call) {
    int rank = call.self().rank();
    int[] from = positions(call.get("source"), rank);
    int[] to = positions(call.get("destination"), rank);
    List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Map<Integer, Integer> moved = new TreeMap<>();
    for (int i = 0; i < from.length; i++) {
      order.remove((Integer) from[i]);
      moved.put(to[i], from[i]);
    }
    moved.forEach(order::add);
    return Views.permute(call, order.stream().mapToInt(Integer::intValue).toArray());
  }

  private static int[] positions(IValue ivalue, int rank) {
    List<IValue> items = ivalue instanceof IValue.Int ? List.of(ivalue) : ivalue.toList();
    return items.stream().mapToInt(d -> Shapes.dimension(d.toLong(), rank)).toArray();
  }
}
