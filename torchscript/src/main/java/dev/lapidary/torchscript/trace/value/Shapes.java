package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules that many operators share: broadcasting, type promotion, reduced shapes. */
public final class Shapes {
  private Shapes() {}

  /** NumPy's broadcasting. */
  public static List<SymInt> broadcast(List<SymInt> a, List<SymInt> b) {
    int rank = Math.max(a.size(), b.size());
    List<SymInt> shape = new ArrayList<>();
    for (int d = 0; d < rank; d++) {
      int i = d - (rank - a.size());
      int j = d - (rank - b.size());
      SymInt x = i < 0 ? SymInt.of(1) : a.get(i);
      SymInt y = j < 0 ? SymInt.of(1) : b.get(j);
      if (x.equals(y) || SymInts.isOne(y)) {
        shape.add(x);
      } else if (SymInts.isOne(x)) {
        shape.add(y);
      } else {
        throw ProgramRefusal.wrong("shapes %s and %s do not broadcast", a, b);
      }
    }
    return shape;
  }

  public static long[] constants(List<SymInt> shape) {
    return shape.stream().mapToLong(SymInts::constant).toArray();
  }

  public static boolean isConstant(List<SymInt> shape) {
    return shape.stream().noneMatch(SymInt::perBatch);
  }

  /**
   * The type that operands meet in, by PyTorch's rules: a tensor of rank 0, and more so a number,
   * only counts where its kind (bool, integer, real) is above that of the others.
   */
  public static DType promote(IValue... operands) {
    DType ranked = null;
    DType unranked = null;
    DType numbers = null;
    for (IValue operand : operands) {
      if (operand instanceof TensorRef tensor) {
        if (tensor.rank() > 0) {
          ranked = wider(ranked, tensor.dtype());
        } else {
          unranked = wider(unranked, tensor.dtype());
        }
      } else {
        numbers = wider(numbers, ofNumber(operand));
      }
    }
    return over(over(ranked, unranked), numbers);
  }

  private static DType over(@Nullable DType first, @Nullable DType second) {
    if (first == null || second == null) {
      return first == null ? (second == null ? DType.FLOAT32 : second) : first;
    }
    return kind(second) > kind(first) ? second : first;
  }

  /** Of a tensor of a number. */
  public static DType ofNumber(IValue number) {
    if (number instanceof IValue.Real) {
      return DType.FLOAT32;
    }
    return number instanceof IValue.Bool ? DType.BOOL : DType.INT64;
  }

  private static DType wider(@Nullable DType a, DType b) {
    if (a == null || a == b) {
      return b;
    }
    if (kind(a) != kind(b)) {
      return kind(a) > kind(b) ? a : b;
    }
    if (a.isFloating()) {
      return a.bytes() == b.bytes() ? DType.FLOAT32 : a.bytes() > b.bytes() ? a : b;
    }
    boolean mixed = (a == DType.UINT8) != (b == DType.UINT8);
    return mixed && a.bytes() == b.bytes() ? DType.INT16 : a.bytes() > b.bytes() ? a : b;
  }

  /** 0 bool, 1 integer, 2 real. */
  public static int kind(DType dtype) {
    return dtype.isFloating() ? 2 : dtype == DType.BOOL ? 0 : 1;
  }

  /** Integers become the default float type where an operator's result is real. */
  public static DType real(DType dtype) {
    return dtype.isFloating() ? dtype : DType.FLOAT32;
  }

  /** Dimensions from 0 on; all of them if none is given. */
  public static int[] dimensions(long[] given, int rank) {
    int[] dims = new int[given.length == 0 ? rank : given.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = given.length == 0 ? i : dimension(given[i], rank);
    }
    Arrays.sort(dims);
    return dims;
  }

  public static List<SymInt> reduced(List<SymInt> shape, int[] dims, boolean keep) {
    List<SymInt> result = new ArrayList<>();
    for (int d = 0; d < shape.size(); d++) {
      if (Arrays.binarySearch(dims, d) < 0) {
        result.add(shape.get(d));
      } else if (keep) {
        result.add(SymInt.of(1));
      }
    }
    return result;
  }

  /** A dimension's number from 0 on, negative ones counted from the end. */
  public static int dimension(long dimension, int rank) {
    int bound = Math.max(rank, 1);
    if (dimension < -bound || dimension >= bound) {
      throw ProgramRefusal.wrong("dimension %d of a tensor with %d dimensions", dimension, rank);
    }
    return (int) (dimension < 0 ? dimension + bound : dimension);
  }

  /** An index's place from 0 on, negative ones counted from the end. */
  public static long index(long index, long size) {
    if (index < -size || index >= size) {
      throw ProgramRefusal.wrong("index %d of a dimension of size %d", index, size);
    }
    return index < 0 ? index + size : index;
  }

  /** A shape with another size in a dimension. */
  public static List<SymInt> with(List<SymInt> shape, int dimension, SymInt size) {
    return replaced(shape, dimension, dimension + 1, List.of(size));
  }

  /** A shape with others in the place of the dimensions {@code from} to before {@code to}. */
  public static List<SymInt> replaced(List<SymInt> shape, int from, int to, List<SymInt> others) {
    List<SymInt> result = new ArrayList<>(shape);
    result.subList(from, to).clear();
    result.addAll(from, others);
    return result;
  }
}
