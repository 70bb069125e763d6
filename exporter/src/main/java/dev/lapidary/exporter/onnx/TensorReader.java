package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Reads {@code TensorProto}: raw_data or the typed fields. What a tensor claims must be there, byte
 * for byte, before memory is taken for it.
 */
final class TensorReader {
  private TensorReader() {}

  /** Refuses data in other files. */
  static Tensor read(TensorProto proto, String source) {
    return read(proto, source, Optional.empty());
  }

  /**
   * @param external the model's folder; without it data in other files is refused
   */
  static Tensor read(TensorProto proto, String source, Optional<ExternalData> external) {
    String where = "[" + source + "] tensor " + proto.getName();
    if (ExternalData.isExternal(proto) && external.isEmpty()) {
      throw Failure.unsupported(
          "%s lies in another file; write the model with its data inside", where);
    }
    DType dtype =
        OnnxTypes.dtype(proto.getDataType())
            .orElseThrow(
                () ->
                    Failure.unsupported(
                        "%s has the element type %d; numbers and booleans are supported",
                        where, proto.getDataType()));
    long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
    long count = count(shape, where);
    if (ExternalData.isExternal(proto)) {
      long bytes = multiply(count, dtype.bytes(), where);
      return Tensor.over(dtype, external.orElseThrow().storage(proto, bytes, where), shape);
    }
    if (proto.hasRawData()) {
      ByteBuffer raw = proto.getRawData().asReadOnlyByteBuffer();
      requireHeld(raw.remaining(), multiply(count, dtype.bytes(), where), "bytes", where);
      return Tensor.over(dtype, Storage.over(raw), shape);
    }
    requireHeld(held(proto, dtype), count, "elements", where);
    return typed(proto, dtype, shape);
  }

  private static int held(TensorProto proto, DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> proto.getFloatDataCount();
      case FLOAT64 -> proto.getDoubleDataCount();
      case INT64 -> proto.getInt64DataCount();
      default -> proto.getInt32DataCount();
    };
  }

  private static Tensor typed(TensorProto proto, DType dtype, long[] shape) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    ByteBuffer to = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    IntConsumer put =
        switch (dtype) {
          case FLOAT32 -> i -> to.putFloat(proto.getFloatData(i));
          case FLOAT64 -> i -> to.putDouble(proto.getDoubleData(i));
          case INT64 -> i -> to.putLong(proto.getInt64Data(i));
          case INT32 -> i -> to.putInt(proto.getInt32Data(i));
          case INT16, FLOAT16, BFLOAT16 -> i -> to.putShort((short) proto.getInt32Data(i));
          default -> i -> to.put((byte) proto.getInt32Data(i));
        };
    for (int i = 0; i < tensor.numel(); i++) {
      put.accept(i);
    }
    return tensor;
  }

  private static long count(long[] shape, String where) {
    long count = 1;
    for (long size : shape) {
      if (size < 0) {
        throw Failure.badInput("%s has a negative size", where);
      }
      count = multiply(count, size, where);
    }
    return count;
  }

  private static long multiply(long a, long b, String where) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw Failure.badInput("%s claims more elements than there are numbers", where);
    }
  }

  private static void requireHeld(long found, long expected, String unit, String where) {
    if (found != expected) {
      throw Failure.badInput(
          "%s needs %d %s but holds %d; the file is damaged", where, expected, unit, found);
    }
  }
}
