package dev.lapidary.torchscript.trace.operator;

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

/** Other Operations: diagonals of matrices in any two dimensions of a tensor, and triangles. */
final class OtherDiagonals {
  private static final IValue LAST = IValue.number(-1);

  private OtherDiagonals() {}

  static void addTo(Map<String, Operator> table) {
    table.put("diagonal", call -> diagonal(call, Matrices.of(call)));
    table.put("linalg_diagonal", call -> diagonal(call, Matrices.of(call)));
    table.put("tril", call -> triangle(call, (above, diagonal) -> above <= diagonal));
    table.put("triu", call -> triangle(call, (above, diagonal) -> above >= diagonal));
  }

  /** Which elements a triangle keeps, by how far they lie above the main diagonal. */
  @FunctionalInterface
  private interface Kept {
    boolean test(long above, long diagonal);
  }

  /** Large masks are constants: of those it is computed without a mask of its own. */
  private static IValue triangle(Invocation call, Kept kept) {
    if (!call.self().isKnown() || call.self().rank() < 2) {
      return call.decomposed();
    }
    Tensor self = call.known("self");
    long rows = self.size(self.rank() - 2);
    long columns = self.size(self.rank() - 1);
    long diagonal = call.integer("diagonal");
    double[] values = self.toDoubles();
    return Elements.reals(
        call.budget(),
        self.dtype(),
        self.shape(),
        i -> kept.test(i % columns - i / columns % rows, diagonal) ? values[i] : 0);
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
      return Elements.longs(call.budget(), length(), indices);
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
    return call.callTensor(
        "index_select", rows, LAST, Elements.vector(call.budget(), matrices.indices(call)));
  }

  /** {@code [.., rows x columns]}. */
  private static TensorRef flat(Invocation call, TensorRef self, Matrices matrices) {
    IValue turned = call.call("permute", self, matrices.permutation());
    return call.callTensor("flatten", turned, IValue.number(-2));
  }

  static IValue written(Invocation call, Matrices matrices, IValue part) {
    TensorRef rows = flat(call, call.self(), matrices);
    int last = rows.rank() - 1;
    IValue changed = ScatterIndices.written(call, rows, last, matrices.indices(call), part);
    List<SymInt> plane = SymInts.of(matrices.rows(), matrices.columns());
    List<SymInt> apart = Shapes.replaced(rows.shape(), last, last + 1, plane);
    IValue square = call.call("reshape", changed, IValue.ints(apart));
    return call.call("permute", square, matrices.inverse());
  }
}
