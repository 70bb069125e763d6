package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import java.nio.ByteBuffer;
import java.util.List;

/** Constant tensors that lowerings make. */
final class Constants {
  private Constants() {}

  /** A tensor of one value; no shape is rank 0. */
  static Tensor full(double value, DType dtype, long... shape) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    ByteBuffer to = tensor.bytes();
    while (to.hasRemaining()) {
      put(to, value, dtype);
    }
    return tensor;
  }

  /** A matrix from rows, float32. */
  static Tensor matrix(double[][] rows) {
    float[] values = new float[rows.length * rows[0].length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) rows[i / rows[0].length][i % rows[0].length];
    }
    return Tensor.of(values, rows.length, rows[0].length);
  }

  /** A view of a contiguous tensor. */
  static Tensor reshaped(Tensor tensor, List<SymInt> to) {
    long[] shape = to.stream().mapToLong(SymInt::constant).toArray();
    Tensor rows = tensor.contiguous();
    return rows.view(shape, Tensor.contiguousStrides(shape), rows.offset());
  }

  private static void put(ByteBuffer to, double value, DType dtype) {
    switch (dtype) {
      case FLOAT32 -> to.putFloat((float) value);
      case FLOAT64 -> to.putDouble(value);
      case FLOAT16 -> to.putShort(Half.toFloat16((float) value));
      case BFLOAT16 -> to.putShort(Half.toBfloat16((float) value));
      case INT64 -> to.putLong((long) value);
      case INT32, QINT32 -> to.putInt((int) value);
      case INT16 -> to.putShort((short) value);
      case BOOL -> to.put((byte) (value != 0 ? 1 : 0));
      case INT8, UINT8, QINT8, QUINT8 -> to.put((byte) (long) value);
    }
  }
}
