package dev.lapidary.runtime.tensor;

import java.util.ArrayList;
import java.util.List;

/** Shapes of tensors, converted in loops: each request does. */
public final class TensorShapes {
  private TensorShapes() {}

  /**
   * The number of elements; of a scalar 1.
   *
   * @throws ArithmeticException if no 63 bits hold it
   */
  public static long elements(List<Long> shape) {
    long product = 1;
    for (long dim : shape) {
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  /** The same with so many along the first dimension. */
  public static List<Long> ofBatch(List<Long> shape, long size) {
    List<Long> changed = new ArrayList<>(shape);
    changed.set(0, size);
    return changed;
  }

  /** Whether it is a shape of those that a graph takes, in which -1 is open. */
  static boolean fits(List<Long> shape, List<Long> declared) {
    boolean fits = shape.size() == declared.size();
    for (int i = 0; fits && i < shape.size(); i++) {
      fits = declared.get(i) < 0 || declared.get(i).equals(shape.get(i));
    }
    return fits;
  }

  static List<Long> list(long... shape) {
    Long[] list = new Long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      list[i] = shape[i];
    }
    return List.of(list);
  }

  static long[] array(List<Long> shape) {
    long[] array = new long[shape.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = shape.get(i);
    }
    return array;
  }
}
