package dev.lapidary.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A strided view of a little-endian storage, as PyTorch has it: several tensors may share one
 * storage (weight tying, views). Sizes, strides and the offset count elements.
 *
 * <p>A tensor never copies unless the method says so. The storage may be a read-only map of a file.
 */
public final class Tensor {
  private final DType dtype;
  private final long[] shape;
  private final long[] strides;
  private final Storage storage;
  private final long offset;

  /**
   * A view.
   *
   * @throws IllegalArgumentException if any element of the view lies outside the storage
   */
  public Tensor(DType dtype, long[] shape, long[] strides, Storage storage, long offset) {
    this.dtype = dtype;
    this.shape = shape.clone();
    this.strides = strides.clone();
    this.storage = storage;
    this.offset = offset;
    requireInside();
  }

  /** A contiguous tensor over a storage that holds exactly its elements. */
  public static Tensor over(DType dtype, Storage storage, long... shape) {
    return new Tensor(dtype, shape, contiguousStrides(shape), storage, 0);
  }

  public static Tensor zeros(DType dtype, long... shape) {
    return over(dtype, Storage.allocate(Math.multiplyExact(numel(shape), dtype.bytes())), shape);
  }

  /** A FLOAT32 tensor of a copy of the values. */
  public static Tensor of(float[] values, long... shape) {
    Tensor tensor = zeros(DType.FLOAT32, shape);
    requireCount(values.length, shape);
    tensor.bytes().asFloatBuffer().put(values);
    return tensor;
  }

  /** An INT64 tensor of a copy of the values. */
  public static Tensor of(long[] values, long... shape) {
    Tensor tensor = zeros(DType.INT64, shape);
    requireCount(values.length, shape);
    tensor.bytes().asLongBuffer().put(values);
    return tensor;
  }

  public DType dtype() {
    return dtype;
  }

  public long[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  public long size(int dimension) {
    return shape[dimension];
  }

  public long[] strides() {
    return strides.clone();
  }

  public long offset() {
    return offset;
  }

  public Storage storage() {
    return storage;
  }

  public long numel() {
    return numel(shape);
  }

  /** True for tensors without elements, whatever their strides. */
  public boolean isContiguous() {
    if (numel() == 0) {
      return true;
    }
    long expected = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      if (shape[d] != 1 && strides[d] != expected) {
        return false;
      }
      expected *= shape[d];
    }
    return true;
  }

  /** A view with other sizes and strides of the same storage. */
  public Tensor view(long[] newShape, long[] newStrides, long newOffset) {
    return new Tensor(dtype, newShape, newStrides, storage, newOffset);
  }

  /** A view with the dimensions in another order. */
  public Tensor permuted(int... order) {
    return view(
        Arrays.stream(order).mapToLong(d -> shape[d]).toArray(),
        Arrays.stream(order).mapToLong(d -> strides[d]).toArray(),
        offset);
  }

  /** Equal for tensors that are one in PyTorch, such as tied weights: equal views of a storage. */
  public Object identity() {
    return List.of(storage, offset, Arrays.toString(shape), Arrays.toString(strides));
  }

  /** This tensor if it is contiguous, else a contiguous copy. */
  public Tensor contiguous() {
    return isContiguous() ? this : copy();
  }

  /** A contiguous, writable copy with a storage of its own. */
  public Tensor copy() {
    Tensor copy = zeros(dtype, shape);
    ByteBuffer to = copy.storage.bytes();
    ByteBuffer from = storage.bytes();
    if (isContiguous()) {
      to.put(0, bytes(), 0, to.capacity());
      return copy;
    }
    int width = dtype.bytes();
    Walk walk = new Walk();
    for (int i = 0; walk.hasNext(); i++) {
      int at = Math.toIntExact(walk.next() * width);
      to.put(i * width, from, at, width);
    }
    return copy;
  }

  /**
   * The elements' bytes in row-major order, little-endian; a slice of the storage if contiguous.
   */
  public ByteBuffer bytes() {
    return isContiguous() ? slice(storage.bytes()) : copy().bytes();
  }

  /** The same for one reading, by {@link Storage#bytes(ByteBuffer)}. */
  public ByteBuffer bytes(ByteBuffer scratch) {
    return isContiguous() ? slice(storage.bytes(scratch)) : copy().bytes();
  }

  private ByteBuffer slice(ByteBuffer all) {
    int start = Math.toIntExact(offset * dtype.bytes());
    int length = Math.toIntExact(numel() * dtype.bytes());
    return all.slice(start, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Row-major copy as float32; integers and BOOL convert, 64-bit values round. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(numel())];
    if (dtype == DType.FLOAT32) {
      bytes().asFloatBuffer().get(values);
      return values;
    }
    Walk walk = new Walk();
    for (int i = 0; walk.hasNext(); i++) {
      values[i] = (float) doubleAt(walk.next());
    }
    return values;
  }

  /** Row-major copy as float64. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(numel())];
    Walk walk = new Walk();
    for (int i = 0; walk.hasNext(); i++) {
      values[i] = doubleAt(walk.next());
    }
    return values;
  }

  /** Row-major copy as int64; floating values truncate toward zero. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(numel())];
    Walk walk = new Walk();
    for (int i = 0; walk.hasNext(); i++) {
      values[i] = longAt(walk.next());
    }
    return values;
  }

  /** The element at a position of the storage (not of the view), as float64. */
  public double doubleAt(long position) {
    int at = Math.toIntExact(position * dtype.bytes());
    return switch (dtype) {
      case FLOAT32 -> storage.bytes().getFloat(at);
      case FLOAT64 -> storage.bytes().getDouble(at);
      case FLOAT16 -> Half.fromFloat16(storage.bytes().getShort(at));
      case BFLOAT16 -> Half.fromBfloat16(storage.bytes().getShort(at));
      default -> longAt(position);
    };
  }

  /** The element at a position of the storage (not of the view), as int64. */
  public long longAt(long position) {
    int at = Math.toIntExact(position * dtype.bytes());
    return switch (dtype) {
      case UINT8, QUINT8 -> storage.bytes().get(at) & 0xff;
      case BOOL -> storage.bytes().get(at) == 0 ? 0 : 1;
      case INT8, QINT8 -> storage.bytes().get(at);
      case INT16 -> storage.bytes().getShort(at);
      case INT32, QINT32 -> storage.bytes().getInt(at);
      case INT64 -> storage.bytes().getLong(at);
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16 -> (long) doubleAt(position);
    };
  }

  /** The first element that is NaN or infinite; empty if there is none, as of all integers. */
  public OptionalDouble firstNotFinite() {
    if (!dtype.isFloating()) {
      return OptionalDouble.empty();
    }
    if (dtype == DType.FLOAT32 && isContiguous()) {
      FloatBuffer floats = bytes().asFloatBuffer();
      for (int i = 0; i < floats.limit(); i++) {
        if (!Float.isFinite(floats.get(i))) {
          return OptionalDouble.of(floats.get(i));
        }
      }
      return OptionalDouble.empty();
    }
    Walk walk = new Walk();
    while (walk.hasNext()) {
      double value = doubleAt(walk.next());
      if (!Double.isFinite(value)) {
        return OptionalDouble.of(value);
      }
    }
    return OptionalDouble.empty();
  }

  /** Storage positions of the view's elements in row-major order. */
  public Walk walk() {
    return new Walk();
  }

  public static long numel(long... shape) {
    long count = 1;
    for (long size : shape) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }

  public static long[] contiguousStrides(long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride = Math.multiplyExact(stride, Math.max(shape[d], 1));
    }
    return strides;
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }

  /** Goes through a view's elements in row-major order, giving each one's storage position. */
  public final class Walk {
    private final long[] index = new long[shape.length];
    private long position = offset;
    private long left = numel();

    private Walk() {}

    public boolean hasNext() {
      return left > 0;
    }

    public long next() {
      long current = position;
      left--;
      for (int d = shape.length - 1; d >= 0; d--) {
        position += strides[d];
        if (++index[d] < shape[d]) {
          break;
        }
        position -= shape[d] * strides[d];
        index[d] = 0;
      }
      return current;
    }
  }

  /** Overflow-safe, since the numbers may come from a hostile file. */
  private void requireInside() {
    if (shape.length != strides.length) {
      throw new IllegalArgumentException(
          shape.length + " sizes but " + strides.length + " strides");
    }
    long last = offset;
    long count = 1;
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] < 0 || strides[d] < 0) {
        throw new IllegalArgumentException(
            "negative size or stride in " + Arrays.toString(shape) + Arrays.toString(strides));
      }
      count = Math.multiplyExact(count, shape[d]);
      last = Math.addExact(last, Math.multiplyExact(Math.max(shape[d] - 1, 0), strides[d]));
    }
    long held = storage.size() / dtype.bytes();
    if (offset < 0 || (count > 0 && last >= held)) {
      throw new IllegalArgumentException(
          "a view of shape %s, strides %s, offset %d reaches element %d of a storage of %d"
              .formatted(Arrays.toString(shape), Arrays.toString(strides), offset, last, held));
    }
  }

  private static void requireCount(int count, long[] shape) {
    if (count != numel(shape)) {
      throw new IllegalArgumentException(
          count + " values do not fill a tensor of shape " + Arrays.toString(shape));
    }
  }
}
