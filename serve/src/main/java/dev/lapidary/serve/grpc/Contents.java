package dev.lapidary.serve.grpc;

import com.google.protobuf.ByteString;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.grpc.message.OpenInference.InferTensorContents;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest.InferInputTensor;
import dev.lapidary.serve.inference.InvalidRequest;
import dev.lapidary.serve.inference.Named;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;

/** {@code InferTensorContents}: elements in the field of their type. */
final class Contents {
  private Contents() {}

  /** A field of it, by the types whose elements are there. */
  private enum Field {
    BOOL,
    INT,
    INT64,
    UINT,
    UINT64,
    FP32,
    FP64,
    BYTES;

    int size(InferTensorContents contents) {
      return switch (this) {
        case BOOL -> contents.getBoolContentsCount();
        case INT -> contents.getIntContentsCount();
        case INT64 -> contents.getInt64ContentsCount();
        case UINT -> contents.getUintContentsCount();
        case UINT64 -> contents.getUint64ContentsCount();
        case FP32 -> contents.getFp32ContentsCount();
        case FP64 -> contents.getFp64ContentsCount();
        case BYTES -> contents.getBytesContentsCount();
      };
    }

    String text() {
      return name().toLowerCase(Locale.ROOT) + "_contents";
    }
  }

  /**
   * @param count of its elements, as its shape says
   * @throws InvalidRequest if they are in another field, not as many, or out of their type's range
   */
  static TypedTensor tensor(InferInputTensor input, DataType type, int count) {
    InferTensorContents contents = input.getContents();
    String name = Named.brief(input.getName());
    Field own = field(name, type);
    for (Field field : Field.values()) {
      int expected = field == own ? count : 0;
      if (field.size(contents) != expected) {
        throw new InvalidRequest(
            "input '%s', %s of shape %s, takes %d elements in %s but has %d in %s",
            name,
            type,
            input.getShapeList(),
            count,
            own.text(),
            field.size(contents),
            field.text());
      }
    }
    if (own == Field.BYTES) {
      List<byte[]> texts =
          contents.getBytesContentsList().stream().map(ByteString::toByteArray).toList();
      return new TypedTensor.Texts(input.getName(), input.getShapeList(), texts);
    }
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(count, type.size())).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      put(name, type, contents, i, data);
    }
    return new TypedTensor.Numbers(input.getName(), type, input.getShapeList(), data.flip());
  }

  private static Field field(String name, DataType type) {
    return switch (type) {
      case BOOL -> Field.BOOL;
      case INT8, INT16, INT32 -> Field.INT;
      case INT64 -> Field.INT64;
      case UINT8, UINT16, UINT32 -> Field.UINT;
      case UINT64 -> Field.UINT64;
      case FP32 -> Field.FP32;
      case FP64 -> Field.FP64;
      case BYTES -> Field.BYTES;
      case FP16, BF16 ->
          throw new InvalidRequest(
              "input '%s' is %s, which the protocol has in raw_input_contents alone", name, type);
    };
  }

  private static void put(
      String name, DataType type, InferTensorContents contents, int i, ByteBuffer data) {
    switch (type) {
      case BOOL -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
      case INT8 ->
          data.put((byte) within(name, contents.getIntContents(i), Byte.MIN_VALUE, Byte.MAX_VALUE));
      case INT16 ->
          data.putShort(
              (short) within(name, contents.getIntContents(i), Short.MIN_VALUE, Short.MAX_VALUE));
      case INT32 -> data.putInt(contents.getIntContents(i));
      case UINT8 -> data.put((byte) within(name, unsigned(contents, i), 0, 0xff));
      case UINT16 -> data.putShort((short) within(name, unsigned(contents, i), 0, 0xffff));
      case UINT32 -> data.putInt(contents.getUintContents(i));
      case INT64 -> data.putLong(contents.getInt64Contents(i));
      case UINT64 -> data.putLong(contents.getUint64Contents(i));
      case FP32 -> data.putFloat(contents.getFp32Contents(i));
      case FP64 -> data.putDouble(contents.getFp64Contents(i));
      case BYTES, FP16, BF16 -> throw new IllegalStateException(type.name()); // not numbers in it
    }
  }

  private static long unsigned(InferTensorContents contents, int i) {
    return Integer.toUnsignedLong(contents.getUintContents(i));
  }

  private static long within(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new InvalidRequest("input '%s' has %d, expected %d..%d", name, value, min, max);
    }
    return value;
  }
}
