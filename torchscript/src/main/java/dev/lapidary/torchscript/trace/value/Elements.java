package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Elements of known tensors in and out of memory. Floating types compute in float64 and round once
 * at the end, which for + - * / and sqrt of float32 is what float32 arithmetic gives.
 */
public final class Elements {
  /** Of a number while it is sorted, at most. */
  private static final int COMPARISONS = 64;

  private Elements() {}

  /** A new tensor; a BOOL is whether the number is not 0. */
  public static TensorRef reals(
      Budget budget, DType dtype, long[] shape, IntToDoubleFunction value) {
    Tensor tensor = allocate(budget, dtype, shape);
    ByteBuffer bytes = tensor.storage().bytes();
    int count = Math.toIntExact(tensor.numel());
    for (int i = 0; i < count; i++) {
      put(bytes, dtype, i, value.applyAsDouble(i));
    }
    return TensorRef.known(tensor);
  }

  /** The same from integers, exact for 64 bits. */
  public static TensorRef integers(
      Budget budget, DType dtype, long[] shape, IntToLongFunction value) {
    Tensor tensor = allocate(budget, dtype, shape);
    ByteBuffer bytes = tensor.storage().bytes();
    int count = Math.toIntExact(tensor.numel());
    for (int i = 0; i < count; i++) {
      put(bytes, dtype, i, value.applyAsLong(i));
    }
    return TensorRef.known(tensor);
  }

  public static Tensor allocate(Budget budget, DType dtype, long... shape) {
    budget.allocate(Math.multiplyExact(Tensor.numel(shape), dtype.bytes()));
    return Tensor.zeros(dtype, shape);
  }

  /** The elements in an order and memory of their own. */
  public static Tensor copy(Budget budget, Tensor tensor) {
    budget.allocate(Math.multiplyExact(tensor.numel(), tensor.dtype().bytes()));
    return tensor.copy();
  }

  /** Memory that an operator works in: indices, all 0. */
  public static long[] longs(Budget budget, long count) {
    budget.allocate(Math.multiplyExact(count, Long.BYTES));
    return new long[Math.toIntExact(count)];
  }

  /**
   * A new tensor of sums, which are added up in float64 and rounded once.
   *
   * @param steps that each of them takes: all are charged before the first
   * @param addUp gets the sums in row-major order, all 0
   */
  public static TensorRef sums(
      Budget budget, DType dtype, long[] shape, long steps, Consumer<double[]> addUp) {
    long count = Tensor.numel(shape);
    budget.work(Math.multiplyExact(count, steps));
    budget.expand(count);
    double[] sums = new double[Math.toIntExact(count)];
    addUp.accept(sums);
    return ofDoubles(budget, dtype, shape, sums);
  }

  /** Numbers sorted, after the comparisons are charged that it may take. */
  public static int[] sorted(
      Budget budget, IntStream numbers, int count, Comparator<Integer> order) {
    budget.work(Math.multiplyExact((long) count, COMPARISONS));
    return numbers.boxed().sorted(order).mapToInt(Integer::intValue).toArray();
  }

  /** Sizes that an operator makes up, of parts that become a list. */
  public static long[] sizes(Budget budget, long count, LongUnaryOperator size) {
    budget.length(count);
    return LongStream.range(0, count).map(size).toArray();
  }

  /**
   * The numbers of nested lists of equal lengths, in row-major order.
   *
   * @param shape gets the lengths
   */
  public static List<IValue> numbers(Budget budget, IValue data, List<Long> shape) {
    List<IValue> flat = new ArrayList<>();
    flatten(budget, data, 0, shape, flat);
    return flat;
  }

  private static void flatten(
      Budget budget, IValue data, int level, List<Long> shape, List<IValue> flat) {
    budget.length(1);
    if (!(data instanceof IValue.ListOf list)) {
      flat.add(data);
      return;
    }
    if (shape.size() == level) {
      shape.add((long) list.items().size());
    }
    if (shape.get(level) != list.items().size()) {
      throw ProgramRefusal.wrong("a tensor of lists of different lengths");
    }
    list.items().forEach(item -> flatten(budget, item, level + 1, shape, flat));
  }

  /** The elements of a known tensor of integers, as an operator's indices. */
  public static long[] longs(Budget budget, Tensor tensor) {
    budget.allocate(Math.multiplyExact(tensor.numel(), Long.BYTES));
    return tensor.toLongs();
  }

  /**
   * Indices that are computed one by one.
   *
   * @param atMost how many they may be
   */
  public static long[] longs(Budget budget, long atMost, LongStream indices) {
    budget.allocate(Math.multiplyExact(atMost, Long.BYTES));
    return indices.toArray();
  }

  /** The tensor repeated along dimensions of size 1 and missing ones, without a copy. */
  public static Tensor expand(Budget budget, Tensor tensor, long[] shape) {
    if (Tensor.numel(shape) > tensor.numel()) {
      budget.expand(Tensor.numel(shape));
    }
    return repeated(tensor, shape);
  }

  private static Tensor repeated(Tensor tensor, long[] shape) {
    long[] strides = new long[shape.length];
    int missing = shape.length - tensor.rank();
    for (int d = 0; d < shape.length; d++) {
      boolean own = d >= missing && tensor.size(d - missing) == shape[d];
      strides[d] = own ? tensor.strides()[d - missing] : 0;
    }
    return tensor.view(shape, strides, tensor.offset());
  }

  /** The tensor with another element type; itself if it has that type. */
  public static TensorRef convert(Budget budget, TensorRef ref, DType dtype) {
    Tensor tensor = ref.tensor("to");
    return dtype.isFloating() || tensor.dtype().isFloating()
        ? ofDoubles(budget, dtype, tensor.shape(), tensor.toDoubles())
        : ofLongs(budget, dtype, tensor.shape(), tensor.toLongs());
  }

  public static TensorRef ofDoubles(Budget budget, DType dtype, long[] shape, double[] values) {
    return reals(budget, dtype, shape, i -> values[i]);
  }

  public static TensorRef ofLongs(Budget budget, DType dtype, long[] shape, long[] values) {
    return integers(budget, dtype, shape, i -> values[i]);
  }

  /** A row of integers. */
  public static TensorRef vector(Budget budget, long... values) {
    return ofLongs(budget, DType.INT64, new long[] {values.length}, values);
  }

  /** A new tensor of another one's elements, by their indices in row-major order. */
  public static TensorRef picked(Budget budget, Tensor from, long[] shape, IntUnaryOperator index) {
    if (from.dtype().isFloating()) {
      double[] values = from.toDoubles();
      return reals(budget, from.dtype(), shape, i -> values[index.applyAsInt(i)]);
    }
    long[] values = from.toLongs();
    return integers(budget, from.dtype(), shape, i -> values[index.applyAsInt(i)]);
  }

  /** Copies elements, broadcast and converted, into a view. */
  public static void write(Tensor into, Tensor from) {
    Tensor source = repeated(from, into.shape());
    ByteBuffer bytes = into.storage().bytes();
    Tensor.Walk to = into.walk();
    boolean real = into.dtype().isFloating() || from.dtype().isFloating();
    for (Tensor.Walk walk = source.walk(); walk.hasNext(); ) {
      int at = Math.toIntExact(to.next());
      if (real) {
        put(bytes, into.dtype(), at, source.doubleAt(walk.next()));
      } else {
        put(bytes, into.dtype(), at, source.longAt(walk.next()));
      }
    }
  }

  private static void put(ByteBuffer bytes, DType dtype, int index, double value) {
    int at = index * dtype.bytes();
    switch (dtype) {
      case FLOAT32 -> bytes.putFloat(at, (float) value);
      case FLOAT64 -> bytes.putDouble(at, value);
      case FLOAT16 -> bytes.putShort(at, Half.toFloat16((float) value));
      case BFLOAT16 -> bytes.putShort(at, Half.toBfloat16((float) value));
      case BOOL -> bytes.put(at, (byte) (value != 0 ? 1 : 0));
      default -> put(bytes, dtype, index, (long) value);
    }
  }

  private static void put(ByteBuffer bytes, DType dtype, int index, long value) {
    int at = index * dtype.bytes();
    switch (dtype) {
      case INT64 -> bytes.putLong(at, value);
      case INT32, QINT32 -> bytes.putInt(at, (int) value);
      case INT16 -> bytes.putShort(at, (short) value);
      case INT8, UINT8, QINT8, QUINT8 -> bytes.put(at, (byte) value);
      case BOOL -> bytes.put(at, (byte) (value != 0 ? 1 : 0));
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16 -> put(bytes, dtype, index, (double) value);
    }
  }
}
