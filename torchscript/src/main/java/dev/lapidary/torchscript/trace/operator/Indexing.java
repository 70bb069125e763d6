package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Indexing, Slicing, Joining, Mutating Ops: elements by their indices or by a mask. */
final class Indexing {
  private static final IValue NONE = IValue.None.NONE;

  private Indexing() {}

  static void addTo(Map<String, Operator> table) {
    table.put("where", Indexing::where);
    table.put("masked_fill", Indexing::maskedFill);
    table.put("index", Indexing::index);
    table.put("index_put", Indexing::indexPut);
    table.put("nonzero_numpy", call -> new IValue.ListOf(indicesOf(call)));
    table.put("gather", Indexing::gather);
    table.put("take_along_dim", Indexing::takeAlongDim);
    table.put("index_select", Indexing::indexSelect);
  }

  private static IValue where(Invocation call) {
    if (!call.has("self")) {
      return new IValue.ListOf(indicesOf(call));
    }
    IValue self = call.get("self");
    IValue other = call.get("other");
    TensorRef condition = call.tensor("condition");
    DType dtype = Shapes.promote(self, other);
    List<SymInt> shape = Shapes.broadcast(condition.shape(), Pointwise.shape(self, other));
    if (!call.allKnown()) {
      return call.record(dtype, shape);
    }
    long[] sizes = Shapes.constants(shape);
    double[] first = Pointwise.operand(call, self, sizes).toDoubles();
    return chosen(call, dtype, sizes, condition, i -> first[i], other);
  }

  private static IValue maskedFill(Invocation call) {
    List<SymInt> shape = Shapes.broadcast(call.self().shape(), call.tensor("mask").shape());
    DType dtype = call.self().dtype();
    if (!call.allKnown()) {
      return call.record(dtype, shape);
    }
    double value =
        call.get("value") instanceof TensorRef tensor
            ? Scalars.single(tensor.tensor("masked_fill"))
            : call.real("value");
    TensorRef mask = call.tensor("mask");
    return chosen(call, dtype, Shapes.constants(shape), mask, i -> value, call.self());
  }

  /** Elements of {@code x} where a known mask is true, and of {@code y} elsewhere. */
  private static IValue chosen(
      Invocation call, DType dtype, long[] sizes, TensorRef mask, IntToDoubleFunction x, IValue y) {
    long[] takes = Pointwise.operand(call, mask, sizes).toLongs();
    double[] other = Pointwise.operand(call, y, sizes).toDoubles();
    return Elements.reals(
        call.budget(), dtype, sizes, i -> takes[i] != 0 ? x.applyAsDouble(i) : other[i]);
  }

  /** {@code y[i][j] = self[index[i][j]][j]} for dim 0, of the index's shape. */
  private static IValue gather(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("index");
    int dim = ScatterIndices.requireIndex(call);
    if (!call.allKnown()) {
      return call.with("dim", IValue.number(dim))
          .with("sparse_grad", IValue.bool(false))
          .record(self.dtype(), index.shape());
    }
    Tensor from = call.known("self");
    IntUnaryOperator position = ScatterIndices.offsets(call, from.shape(), dim);
    long[] shape = Shapes.constants(index.shape());
    return Elements.picked(call.budget(), from, shape, position);
  }

  /** {@code gather}, but for the dimensions beside {@code dim}, which broadcast. */
  private static IValue takeAlongDim(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("indices");
    if (call.isNone("dim") || index.rank() != self.rank()) {
      throw ProgramRefusal.unsupported(
          "%s of a tensor of shape %s by %s%s",
          call.operator(),
          self.shape(),
          index.shape(),
          call.isNone("dim") ? " over all dimensions, and so over the batch" : "");
    }
    int dim = Shapes.dimension(call.integer("dim"), self.rank());
    SymInt one = SymInt.of(1);
    List<SymInt> common =
        Shapes.broadcast(Shapes.with(self.shape(), dim, one), Shapes.with(index.shape(), dim, one));
    List<SymInt> values = Shapes.with(common, dim, self.shape().get(dim));
    List<SymInt> places = Shapes.with(common, dim, index.shape().get(dim));
    return call.call(
        "gather",
        call.call("expand", self, IValue.ints(values)),
        IValue.number(dim),
        call.call("expand", index, IValue.ints(places)));
  }

  private static IValue indexSelect(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    return at(call, call.self(), dim, call.tensor("index"));
  }

  /** {@code x[:, ..., places]}. */
  static IValue at(Invocation call, TensorRef self, int dim, TensorRef indexTensor) {
    SymInts.constant(self.shape().get(dim));
    List<IValue> indices = new ArrayList<>(Collections.nCopies(dim, NONE));
    indices.add(indexTensor);
    return call.call("index", self, new IValue.ListOf(indices));
  }

  static IValue index(Invocation call) {
    IndexedSizes indexed = IndexedSizes.of(call);
    if (indexed.isEmpty()) {
      return new TensorRef(call.self().content());
    }
    int first = indexed.first();
    TensorRef self = indexed.merged(call);
    TensorRef indexTensor = indexed.joined(call);
    List<SymInt> shape = Shapes.replaced(self.shape(), first, first + 1, indexTensor.shape());
    if (self.isKnown() && indexTensor.isKnown()) {
      return evaluate(call, self.tensor("index"), indexTensor, first, shape);
    }
    List<IValue> indices = new ArrayList<>(Collections.nCopies(first, NONE));
    indices.add(indexTensor);
    return call.with("self", self)
        .with("indices", new IValue.ListOf(indices))
        .record(self.dtype(), shape);
  }

  /** {@code x[mask] = number}, or {@code x[:, i] = values} at constant places. */
  static IValue indexPut(Invocation call) {
    List<IValue> indices = call.get("indices").toList();
    List<IValue> given = indices.stream().filter(i -> i != NONE).toList();
    boolean one = SymInts.product(call.tensor("values").shape()).equals(SymInt.of(1));
    boolean masked =
        given.size() == 1 && given.get(0) instanceof TensorRef mask && IndexedSizes.isMask(mask);
    if (masked && one && !call.flag("accumulate")) {
      return filled(call, (TensorRef) given.get(0), indices.indexOf(given.get(0)));
    }
    if (masked && !((TensorRef) given.get(0)).isKnown()) {
      throw ProgramRefusal.unsupported(
          "%s of other than one number where a mask is true", call.operator());
    }
    IndexedSizes indexed = IndexedSizes.of(call);
    if (indexed.isEmpty() || !indexed.allKnown()) {
      throw ProgramRefusal.unsupported("%s at places that depend on the image", call.operator());
    }
    return written(call, indexed);
  }

  /** A tensor for each dimension. */
  static List<TensorRef> indicesOf(Invocation call) {
    TensorRef self = call.self();
    IValue mask = self.dtype() == DType.BOOL ? self : call.call("ne", self, IValue.number(0));
    return IndexedSizes.nonzero(call, (TensorRef) mask);
  }

  private static IValue filled(Invocation call, TensorRef mask, int first) {
    List<SymInt> shape = new ArrayList<>(mask.shape());
    shape.addAll(Collections.nCopies(call.self().rank() - first - mask.rank(), SymInt.of(1)));
    IValue wide = call.call("reshape", mask, IValue.ints(shape));
    IValue value = call.call("reshape", call.get("values"), IValue.ints());
    return call.call("masked_fill", call.self(), wide, value);
  }

  private static IValue written(Invocation call, IndexedSizes indexed) {
    int first = indexed.first();
    TensorRef self = indexed.merged(call);
    TensorRef indexTensor = indexed.joined(call);
    List<SymInt> places = indexed.broadcast();
    List<SymInt> shape = Shapes.replaced(self.shape(), first, first + 1, places);
    IValue values = call.call("expand", call.get("values"), IValue.ints(shape));
    List<SymInt> flat = Shapes.with(self.shape(), first, SymInts.product(places));
    IValue nonNegative =
        call.call("remainder", indexTensor, new IValue.Int(self.shape().get(first)));
    IValue changed =
        call.call(
            call.flag("accumulate") ? "index_add" : "index_copy",
            self,
            IValue.number(first),
            call.call("reshape", nonNegative, IValue.ints(-1)),
            call.call("reshape", values, IValue.ints(flat)));
    IValue apart = call.call("reshape", changed, IValue.ints(indexed.ordered()));
    int[] order = indexed.order();
    int[] back = new int[order.length];
    IntStream.range(0, order.length).forEach(i -> back[order[i]] = i);
    return call.call("permute", apart, IValue.ints(back));
  }

  private static IValue evaluate(
      Invocation call, Tensor self, TensorRef indexTensor, int first, List<SymInt> resultShape) {
    long size = self.size(first);
    long stride = self.strides()[first];
    long[] offsets = Elements.longs(call.budget(), indexTensor.tensor("index"));
    for (int p = 0; p < offsets.length; p++) {
      offsets[p] = Shapes.index(offsets[p], size) * stride;
    }
    return gatherRows(call, self, first, offsets, Shapes.constants(resultShape));
  }

  private static IValue gatherRows(
      Invocation call, Tensor self, int first, long[] offsets, long[] shape) {
    Tensor result = Elements.allocate(call.budget(), self.dtype(), shape);
    long[] sizes = self.shape();
    int behind = first + 1;
    long[] before = Arrays.copyOf(sizes, first);
    long[] after = Arrays.copyOfRange(sizes, behind, sizes.length);
    long[] afterStrides = Arrays.copyOfRange(self.strides(), behind, sizes.length);
    Tensor outer = self.view(before, Arrays.copyOf(self.strides(), first), self.offset());
    long inner = Tensor.numel(after);
    long at = 0;
    for (Tensor.Walk walk = outer.walk(); walk.hasNext(); ) {
      long start = walk.next();
      for (long offset : offsets) {
        Elements.write(
            result.view(after, Tensor.contiguousStrides(after), at),
            self.view(after, afterStrides, start + offset));
        at += inner;
      }
    }
    return TensorRef.known(result);
  }
}
