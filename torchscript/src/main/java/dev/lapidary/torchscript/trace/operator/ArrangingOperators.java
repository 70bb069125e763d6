package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Tensors put side by side, taken apart, turned and mirrored, by the names that NumPy has. */
public final class ArrangingOperators {
  private static final Datum ZERO = Datum.number(0);
  private static final Datum ONE = Datum.number(1);
  private static final Datum TWO = Datum.number(2);

  private ArrangingOperators() {}

  public static void addTo(Map<String, Operator> table) {
    for (int rank = 1; rank <= 3; rank++) {
      int least = rank;
      table.put("atleast_" + rank + "d", call -> atLeast(call, least));
    }
    table.put("vstack", call -> call.call("cat", lifted(call, "atleast_2d"), ZERO));
    table.put("row_stack", call -> call.call("cat", lifted(call, "atleast_2d"), ZERO));
    table.put("dstack", call -> call.call("cat", lifted(call, "atleast_3d"), TWO));
    table.put("column_stack", ArrangingOperators::columns);
    table.put("hsplit", call -> split(call, call.self().rank() == 1 ? ZERO : ONE));
    table.put("vsplit", call -> split(call, ZERO));
    table.put("dsplit", call -> split(call, TWO));
    table.put("unsafe_split", call -> copies(call, "split", "split_size"));
    table.put("unsafe_split_with_sizes", call -> copies(call, "split_with_sizes", "split_sizes"));
    table.put("narrow_copy", ArrangingOperators::narrowed);
    table.put("fliplr", call -> call.call("flip", call.self(), Datum.ints(1)));
    table.put("flipud", call -> call.call("flip", call.self(), Datum.ints(0)));
    table.put("rot90", ArrangingOperators::turned);
    for (String name : List.of("mT", "mH", "adjoint")) {
      table.put(name, call -> swapped(call, call.self()));
    }
    table.put("ravel", call -> call.call("flatten", call.self()));
    table.put("broadcast_tensors", ArrangingOperators::broadcast);
    table.put("sum_to_size", ArrangingOperators::summedTo);
    table.put("kron", ArrangingOperators::kronecker);
    table.put("block_diag", ArrangingOperators::blocks);
    table.put("diff", ArrangingOperators::differences);
  }

  private static Datum atLeast(Invocation call, int rank) {
    if (call.get(call.has("tensors") ? "tensors" : "self") instanceof Datum.ListOf list) {
      return new Datum.ListOf(
          list.items().stream().map(t -> raised(call, (TensorRef) t, rank)).toList());
    }
    return raised(call, call.self(), rank);
  }

  /**
   * {@code [n]} becomes {@code [1, n]} and {@code [1, n, 1]}, and {@code [m, n]} {@code [m, n, 1]}.
   */
  private static Datum raised(Invocation call, TensorRef tensor, int rank) {
    List<Dim> shape = new ArrayList<>(tensor.shape());
    if (shape.size() == 1 && rank > 1) {
      shape.add(0, Dim.of(1));
    }
    while (shape.size() < rank) {
      shape.add(Dim.of(1));
    }
    boolean same = shape.size() == tensor.rank();
    return same ? tensor : call.call("reshape", tensor, Datum.ints(shape));
  }

  private static Datum lifted(Invocation call, String operator) {
    return call.call(operator, call.get("tensors"));
  }

  private static Datum columns(Invocation call) {
    List<Datum> columns = new ArrayList<>();
    for (TensorRef tensor : call.tensors("tensors")) {
      List<Dim> column = List.of(Dims.product(tensor.shape()), Dim.of(1));
      columns.add(tensor.rank() < 2 ? call.call("reshape", tensor, Datum.ints(column)) : tensor);
    }
    return call.call("cat", new Datum.ListOf(columns), ONE);
  }

  private static Datum split(Invocation call, Datum dim) {
    Datum parts = call.get(call.has("indices") ? "indices" : "sections");
    return call.call("tensor_split", call.self(), parts, dim);
  }

  /** What is written into one of the parts nobody sees in the whole. */
  private static Datum copies(Invocation call, String operator, String sizes) {
    Datum parts = call.call(operator, call.self(), call.get(sizes), call.get("dim"));
    List<Datum> copies = new ArrayList<>();
    for (Datum part : parts.toList()) {
      copies.add(call.call("clone", part));
    }
    return new Datum.ListOf(copies);
  }

  private static Datum narrowed(Invocation call) {
    Datum part =
        call.call("narrow", call.self(), call.get("dim"), call.get("start"), call.get("length"));
    return call.call("clone", part);
  }

  private static Datum turned(Invocation call) {
    long[] dims = call.integers("dims");
    if (dims.length != 2) {
      throw Refusal.wrong("%s in %d dimensions", call.operator(), dims.length);
    }
    Datum first = Datum.number(dims[0]);
    Datum second = Datum.number(dims[1]);
    Datum self = call.self();
    return switch (Math.floorMod(call.integer("k"), 4)) {
      case 1 -> call.call("transpose", flipped(call, self, second), first, second);
      case 2 -> call.call("flip", self, call.get("dims"));
      case 3 -> call.call("transpose", flipped(call, self, first), first, second);
      default -> call.call("clone", self);
    };
  }

  private static Datum flipped(Invocation call, Datum self, Datum dim) {
    return call.call("flip", self, new Datum.ListOf(List.of(dim)));
  }

  private static Datum swapped(Invocation call, Datum self) {
    return call.call("transpose", self, Datum.number(-2), Datum.number(-1));
  }

  private static Datum broadcast(Invocation call) {
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

  /** What broadcasting made wider is summed up again. */
  private static Datum summedTo(Invocation call) {
    List<Dim> from = call.self().shape();
    List<Dim> to = call.dims("size");
    int missing = from.size() - to.size();
    List<Dim> summed = new ArrayList<>();
    for (int d = 0; d < from.size(); d++) {
      if (d < missing || !from.get(d).equals(to.get(d - missing))) {
        summed.add(Dim.of(d));
      }
    }
    if (missing < 0 || !Shapes.broadcast(from, to).equals(from)) {
      throw Refusal.wrong("%s of shape %s to %s", call.operator(), from, to);
    }
    Datum sum =
        summed.isEmpty()
            ? call.self()
            : call.call("sum", call.self(), Datum.ints(summed), Datum.bool(true));
    return call.call("reshape", sum, Datum.ints(to));
  }

  /** {@code [a, b]} and {@code [c, d]} as {@code [a, 1, b, 1] x [1, c, 1, d]}. */
  private static Datum kronecker(Invocation call) {
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
  private static Datum blocks(Invocation call) {
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

  private static Datum differences(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    Datum along = Datum.number(dim);
    List<Datum> parts = new ArrayList<>();
    call.optionalTensor("prepend").ifPresent(parts::add);
    parts.add(call.self());
    call.optionalTensor("append").ifPresent(parts::add);
    TensorRef y = call.callTensor("cat", new Datum.ListOf(parts), along);
    for (long i = 0; i < call.integer("n"); i++) {
      call.dispatcher().budget().step();
      Datum less = Datum.number(Dims.constant(y.shape().get(dim)) - 1);
      Datum later = call.call("narrow", y, along, ONE, less);
      y = call.callTensor("sub", later, call.call("narrow", y, along, ZERO, less));
    }
    return y;
  }
}
