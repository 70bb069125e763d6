package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Other Operations: diagonals and triangles of matrices. Matrices lie in any two dimensions of a
 * tensor.
 */
public final class OtherDiagonals {
  private static final IValue ZERO = IValue.number(0);
  private static final IValue LAST = IValue.number(-1);

  private OtherDiagonals() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("diagonal", call -> diagonal(call, Matrices.of(call)));
    table.put("linalg_diagonal", call -> diagonal(call, Matrices.of(call)));
    table.put("diag_embed", OtherDiagonals::diagEmbed);
    table.put("tril_indices", call -> triangleIndices(call, false));
    table.put("triu_indices", call -> triangleIndices(call, true));
    table.put("triu", call -> triangle(call, true));
    table.put("tril", call -> triangle(call, false));
  }

  /**
   * Matrices of a tensor and their diagonal, which begins at a row and a column.
   *
   * @param order of the dimensions, rows and columns last
   */
  record Matrices(List<Integer> order, long rows, long columns, long row, long column) {
    static Matrices of(Invocation call) {
      int rank = call.self().rank();
      int first = Shapes.dimension(call.integer("dim1"), rank);
      int second = Shapes.dimension(call.integer("dim2"), rank);
      if (first == second || rank < 2) {
        throw ProgramRefusal.wrong(
            "%s of dimensions %d and %d of %s",
            call.operator(), first, second, call.self().shape());
      }
      List<Integer> order =
          new ArrayList<>(
              IntStream.range(0, rank).filter(d -> d != first && d != second).boxed().toList());
      order.add(first);
      order.add(second);
      long offset = call.integer("offset");
      return new Matrices(
          List.copyOf(order),
          SymInts.constant(call.self().shape().get(first)),
          SymInts.constant(call.self().shape().get(second)),
          Math.max(0, -offset),
          Math.max(0, offset));
    }

    long length() {
      return Math.max(0, Math.min(rows - row, columns - column));
    }

    /** The diagonal's elements among those of a matrix. */
    long[] indices(Invocation call) {
      LongStream indices = LongStream.range(0, length()).map(i -> (row + i) * columns + column + i);
      return Elements.longs(call.dispatcher().budget(), length(), indices);
    }

    IValue permutation() {
      return IValue.ints(order.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The permutation back. */
    IValue inverse() {
      return IValue.ints(IntStream.range(0, order.size()).map(order::indexOf).toArray());
    }
  }

  private static IValue diagonal(Invocation call, Matrices matrices) {
    TensorRef self = call.self();
    if (self.content() instanceof Content.Known known) {
      return ofKnown(known, matrices);
    }
    return TensorRef.viewOf(
        self,
        taken(call, self, matrices).content(),
        base -> taken(call, base, matrices),
        Optional.of(part -> (TensorRef) written(call, matrices, part)),
        true);
  }

  private static TensorRef ofKnown(Content.Known known, Matrices matrices) {
    List<Integer> order = matrices.order();
    int rank = order.size();
    long[] strides = known.strides();
    long down = strides[order.get(rank - 2)];
    long across = strides[order.get(rank - 1)];
    long[] sizes = new long[rank - 1];
    long[] steps = new long[rank - 1];
    for (int d = 0; d < rank - 2; d++) {
      sizes[d] = known.sizes()[order.get(d)];
      steps[d] = strides[order.get(d)];
    }
    sizes[rank - 2] = matrices.length();
    steps[rank - 2] = down + across;
    long begin = matrices.length() == 0 ? 0 : matrices.row() * down + matrices.column() * across;
    return new TensorRef(known.view(sizes, steps, known.offset() + begin));
  }

  private static TensorRef taken(Invocation call, TensorRef self, Matrices matrices) {
    IValue rows = flat(call, self, matrices);
    return call.callTensor("index_select", rows, LAST, vector(call, matrices.indices(call)));
  }

  /** {@code [.., rows x columns]}. */
  private static TensorRef flat(Invocation call, TensorRef self, Matrices matrices) {
    IValue turned = call.call("permute", self, matrices.permutation());
    return call.callTensor("flatten", turned, IValue.number(-2));
  }

  private static TensorRef vector(Invocation call, long[] values) {
    return Elements.ofLongs(
        call.dispatcher().budget(), DType.INT64, new long[] {values.length}, values);
  }

  static IValue written(Invocation call, Matrices matrices, IValue part) {
    TensorRef rows = flat(call, call.self(), matrices);
    int last = rows.rank() - 1;
    IValue changed = ScatterIndices.written(call, rows, last, matrices.indices(call), part);
    List<SymInt> apart = new ArrayList<>(rows.shape().subList(0, last));
    apart.addAll(List.of(SymInt.of(matrices.rows()), SymInt.of(matrices.columns())));
    IValue square = call.call("reshape", changed, IValue.ints(apart));
    return call.call("permute", square, matrices.inverse());
  }

  /** Square matrices of zeros but for one diagonal, which is the last dimension. */
  private static IValue diagEmbed(Invocation call) {
    TensorRef self = call.self();
    long offset = call.integer("offset");
    int rank = self.rank() + 1;
    int first = Shapes.dimension(call.integer("dim1"), rank);
    int second = Shapes.dimension(call.integer("dim2"), rank);
    long length = SymInts.constant(self.shape().get(self.rank() - 1));
    long size = Math.addExact(length, Math.abs(offset));
    long row = Math.max(0, -offset);
    long[] from = Elements.longs(call.dispatcher().budget(), Math.multiplyExact(size, size));
    for (int i = 0; i < from.length; i++) {
      long at = i / size - row;
      boolean inside = at >= 0 && at < length && i % size - i / size == offset;
      from[i] = inside ? at : length;
    }
    IValue padded = call.call("constant_pad_nd", self, IValue.ints(0, 1), ZERO);
    TensorRef flat = call.callTensor("index_select", padded, LAST, vector(call, from));
    List<SymInt> shape = new ArrayList<>(flat.shape().subList(0, rank - 2));
    shape.addAll(List.of(SymInt.of(size), SymInt.of(size)));
    IValue matrices = call.call("reshape", flat, IValue.ints(shape));
    return call.call("movedim", matrices, IValue.ints(-2, -1), IValue.ints(first, second));
  }

  /** The rows and the columns of a triangle's elements. */
  private static IValue triangleIndices(Invocation call, boolean upper) {
    long rows = call.integer("row");
    long columns = call.integer("col");
    long offset = call.integer("offset");
    if (rows < 0 || columns < 0) {
      throw ProgramRefusal.wrong("%s of %d rows and %d columns", call.operator(), rows, columns);
    }
    long all = Math.multiplyExact(rows, columns);
    long[] inside =
        Elements.longs(
            call.dispatcher().budget(),
            all,
            LongStream.range(0, all)
                .filter(
                    i -> {
                      long above = i % columns - i / columns;
                      return upper ? above >= offset : above <= offset;
                    }));
    long count = inside.length;
    return Elements.integers(
        call.dispatcher().budget(),
        call.dtype("dtype").orElse(DType.INT64),
        new long[] {2, count},
        i -> i < count ? inside[i] / columns : inside[(int) (i - count)] % columns);
  }

  /** Of what depends on the input: zeros where the same of ones has them. */
  private static IValue masked(Invocation call) {
    List<SymInt> shape = call.self().shape();
    if (shape.size() < 2) {
      throw ProgramRefusal.wrong("%s of a tensor of shape %s", call.operator(), shape);
    }
    IValue zero = IValue.number(0);
    IValue ones = call.call("ones", IValue.ints(shape.subList(shape.size() - 2, shape.size())));
    IValue kept = call.call(call.name(), ones, call.get("diagonal"));
    return call.call("masked_fill", call.self(), call.call("eq", kept, zero), zero);
  }

  private static IValue triangle(Invocation call, boolean upper) {
    if (!call.self().isKnown()) {
      return masked(call);
    }
    Tensor self = call.known("self");
    long[] shape = self.shape();
    if (shape.length < 2) {
      throw ProgramRefusal.wrong(
          "%s of a tensor of shape %s", call.operator(), call.self().shape());
    }
    long rows = shape[shape.length - 2];
    long columns = shape[shape.length - 1];
    long diagonal = call.integer("diagonal");
    double[] values = self.toDoubles();
    return Elements.reals(
        call.dispatcher().budget(),
        self.dtype(),
        shape,
        i -> {
          long above = i % columns - i / columns % rows;
          return (upper ? above >= diagonal : above <= diagonal) ? values[i] : 0;
        });
  }
}
