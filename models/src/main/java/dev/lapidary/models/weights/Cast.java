package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;

/** {@code tensor.to(dtype)}: floating values round half to even, toward integers truncate. */
final class Cast {
  private Cast() {}

  /** The tensor itself if it has the type, else a contiguous copy. */
  static Tensor to(DType dtype, Tensor tensor) {
    if (tensor.dtype() == dtype) {
      return tensor;
    }
    Storage storage = Storage.allocate(Math.multiplyExact(tensor.numel(), dtype.bytes()));
    ByteBuffer out = storage.bytes().duplicate().order(storage.bytes().order());
    boolean exactIntegers = !tensor.dtype().isFloating() && !dtype.isFloating();
    Tensor.Walk walk = tensor.walk();
    while (walk.hasNext()) {
      long position = walk.next();
      if (exactIntegers) {
        put(out, dtype, tensor.longAt(position));
      } else {
        put(out, dtype, tensor.doubleAt(position));
      }
    }
    return Tensor.over(dtype, storage, tensor.shape());
  }

  private static void put(ByteBuffer out, DType dtype, double value) {
    switch (dtype) {
      case FLOAT64 -> out.putDouble(value);
      case FLOAT32 -> out.putFloat((float) value);
      case FLOAT16 -> out.putShort(Half.toFloat16((float) value));
      case BFLOAT16 -> out.putShort(Half.toBfloat16((float) value));
      case BOOL -> out.put((byte) (value == 0 ? 0 : 1));
      default -> put(out, dtype, (long) value);
    }
  }

  private static void put(ByteBuffer out, DType dtype, long value) {
    switch (dtype) {
      case UINT8, INT8, QINT8, QUINT8 -> out.put((byte) value);
      case INT16 -> out.putShort((short) value);
      case INT32, QINT32 -> out.putInt((int) value);
      case INT64 -> out.putLong(value);
      case BOOL -> out.put((byte) (value == 0 ? 0 : 1));
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16 -> put(out, dtype, (double) value);
    }
  }
}
