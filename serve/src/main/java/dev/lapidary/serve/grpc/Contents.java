package dev.lapidary.serve.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.grpc.message.OpenInference.InferTensorContents;
import dev.lapidary.serve.inference.InputHead;
import dev.lapidary.serve.inference.InvalidRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@code InferTensorContents}: elements in the field of their type. */
final class Contents {
  private Contents() {}

  /**
   * @throws InvalidRequest if the elements are in another field, not as many, or out of their
   *     type's range
   */
  static TypedTensor tensor(InputHead input, InferTensorContents contents) {
    String own = field(input);
    for (FieldDescriptor field : InferTensorContents.getDescriptor().getFields()) {
      int found = contents.getRepeatedFieldCount(field);
      if (found != (field.getName().equals(own) ? input.count() : 0)) {
        throw new InvalidRequest(
            "input '%s', %s of shape %s, takes %d elements in %s but has %d in %s",
            input.brief(), input.type(), input.shape(), input.count(), own, found, field.getName());
      }
    }
    if (input.type() == DataType.BYTES) {
      return input.ofTexts(
          contents.getBytesContentsList().stream().map(ByteString::toByteArray).toList());
    }
    int count = (int) input.count();
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(count, input.type().size()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      put(input, contents, i, data);
    }
    return input.ofNumbers(data.flip());
  }

  /** The field that has elements of this type. */
  private static String field(InputHead input) {
    return switch (input.type()) {
      case BOOL -> "bool_contents";
      case INT8, INT16, INT32 -> "int_contents";
      case INT64 -> "int64_contents";
      case UINT8, UINT16, UINT32 -> "uint_contents";
      case UINT64 -> "uint64_contents";
      case FP32 -> "fp32_contents";
      case FP64 -> "fp64_contents";
      case BYTES -> "bytes_contents";
      case FP16, BF16 ->
          throw new InvalidRequest(
              "input '%s' is %s, which the protocol has in raw_input_contents alone",
              input.brief(), input.type());
    };
  }

  private static void put(InputHead input, InferTensorContents contents, int i, ByteBuffer data) {
    switch (input.type()) {
      case BOOL -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
      case INT8 -> data.put((byte) signed(input, contents, i, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case INT16 ->
          data.putShort((short) signed(input, contents, i, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT32 -> data.putInt(contents.getIntContents(i));
      case UINT8 -> data.put((byte) unsigned(input, contents, i, 0xff));
      case UINT16 -> data.putShort((short) unsigned(input, contents, i, 0xffff));
      case UINT32 -> data.putInt(contents.getUintContents(i));
      case INT64 -> data.putLong(contents.getInt64Contents(i));
      case UINT64 -> data.putLong(contents.getUint64Contents(i));
      case FP32 -> data.putFloat(contents.getFp32Contents(i));
      case FP64 -> data.putDouble(contents.getFp64Contents(i));
      case BYTES, FP16, BF16 -> throw new IllegalStateException(input.type().name()); // no numbers
    }
  }

  private static long signed(
      InputHead input, InferTensorContents contents, int i, long min, long max) {
    return within(input, contents.getIntContents(i), min, max);
  }

  private static long unsigned(InputHead input, InferTensorContents contents, int i, long max) {
    return within(input, Integer.toUnsignedLong(contents.getUintContents(i)), 0, max);
  }

  private static long within(InputHead input, long value, long min, long max) {
    if (value < min || value > max) {
      throw new InvalidRequest(
          "input '%s' has %d, expected %d..%d", input.brief(), value, min, max);
    }
    return value;
  }
}
