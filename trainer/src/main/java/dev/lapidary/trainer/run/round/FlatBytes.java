package dev.lapidary.trainer.run.round;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.program.ProgramTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tensors as little-endian bytes by name, which travel. */
final class FlatBytes {
  private FlatBytes() {}

  static Map<String, byte[]> of(List<ProgramTensor> tensors) {
    Map<String, byte[]> all = new LinkedHashMap<>();
    tensors.forEach(tensor -> all.put(tensor.name(), of(tensor.bytes())));
    return all;
  }

  static Map<String, byte[]> of(Map<String, Tensor> tensors) {
    Map<String, byte[]> all = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> all.put(name, of(tensor.bytes())));
    return all;
  }

  static byte[] of(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  static byte[] of(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static ByteBuffer buffer(Map<String, byte[]> tensors, String name) {
    byte[] bytes = tensors.get(name);
    if (bytes == null) {
      throw new IllegalArgumentException("the round lacks " + name);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Of an optimizer's state: {@code step} is a count, all else float32. Without their shapes. */
  static Map<String, Tensor> tensors(Map<String, byte[]> optimizer) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    optimizer.forEach(
        (key, bytes) -> {
          DType type = key.endsWith(".step") ? DType.INT64 : DType.FLOAT32;
          ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
          all.put(key, Tensor.over(type, Storage.over(buffer), bytes.length / type.bytes()));
        });
    return all;
  }
}
