package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * A tensor's elements as doubles in row-major order. Integers are exact below 2^53: enough for
 * shapes and indices.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never shared with callers
record Grid(DType dtype, int[] shape, double[] values) {

  static Grid of(Tensor tensor) {
    int[] shape = new int[tensor.rank()];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = Math.toIntExact(tensor.size(d));
    }
    double[] values = new double[Math.toIntExact(tensor.numel())];
    Tensor.Walk walk = tensor.walk();
    for (int i = 0; i < values.length; i++) {
      long at = walk.next();
      values[i] = tensor.dtype().isFloating() ? tensor.doubleAt(at) : tensor.longAt(at);
    }
    return new Grid(tensor.dtype(), shape, values);
  }

  static Grid zeros(DType dtype, int... shape) {
    return new Grid(dtype, shape.clone(), new double[count(shape)]);
  }

  static Grid longs(long... values) {
    Grid grid = zeros(DType.INT64, values.length);
    for (int i = 0; i < values.length; i++) {
      grid.values[i] = values[i];
    }
    return grid;
  }

  static int count(int... shape) {
    int count = 1;
    for (int size : shape) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }

  int rank() {
    return shape.length;
  }

  int axis(long axis) {
    return (int) (axis < 0 ? axis + shape.length : axis);
  }

  Grid shaped(int... other) {
    return new Grid(dtype, other, values);
  }

  /** Sizes after an axis: the distance of neighbours along it. */
  int stride(int axis) {
    int stride = 1;
    for (int d = axis + 1; d < shape.length; d++) {
      stride *= shape[d];
    }
    return stride;
  }

  int[] ints() {
    int[] all = new int[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (int) values[i];
    }
    return all;
  }

  /** Rounded to the element type; floats outside of an integer type's range wrap as in a cast. */
  Tensor tensor() {
    long[] sizes = new long[shape.length];
    for (int d = 0; d < sizes.length; d++) {
      sizes[d] = shape[d];
    }
    Tensor tensor = Tensor.zeros(dtype, sizes);
    ByteBuffer to = tensor.bytes();
    for (double value : values) {
      put(to, value);
    }
    return tensor;
  }

  private void put(ByteBuffer to, double value) {
    switch (dtype) {
      case FLOAT32 -> to.putFloat((float) value);
      case FLOAT64 -> to.putDouble(value);
      case FLOAT16 -> to.putShort(Half.toFloat16((float) value));
      case BFLOAT16 -> to.putShort(Half.toBfloat16((float) value));
      case INT64 -> to.putLong((long) value);
      case INT32, QINT32 -> to.putInt((int) (long) value);
      case INT16 -> to.putShort((short) (long) value);
      case BOOL -> to.put((byte) (value != 0 ? 1 : 0));
      case INT8, UINT8, QINT8, QUINT8 -> to.put((byte) (long) value);
    }
  }
}
