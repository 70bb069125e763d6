package dev.lapidary.runtime.batch;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Set;

/**
 * A {@link BatchFunction} as a network of tensors: images in, logits out.
 *
 * @param input of numbers as {@link DataType#FP32}, or of levels as {@link DataType#UINT8}
 * @param output {@code [N, classes]}
 */
public record FloatNetwork(BatchFunction function, TensorSpec input, TensorSpec output)
    implements TensorNetwork {
  /** A tensor of floats, copied. */
  public static TypedTensor.Numbers floats(String name, List<Long> shape, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new TypedTensor.Numbers(name, DataType.FP32, shape, bytes);
  }

  /** A tensor's floats, copied. */
  public static float[] values(TypedTensor.Numbers tensor) {
    float[] values = new float[tensor.data().remaining() / Float.BYTES];
    tensor.data().asFloatBuffer().get(values);
    return values;
  }

  /** Room for so many, where native code reads them. */
  public static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(Float.BYTES, floats))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** The same with these in it. */
  public static FloatBuffer direct(float[] values) {
    return direct(values.length).put(values).flip();
  }

  @Override
  public List<TensorSpec> inputs() {
    return List.of(input);
  }

  @Override
  public List<TensorSpec> outputs() {
    return List.of(output);
  }

  @Override
  public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
    TypedTensor.Numbers images = (TypedTensor.Numbers) inputs.get(0);
    int count = Math.toIntExact(images.shape().get(0));
    float[] logits;
    try {
      logits = function.run(floats(images), count);
    } catch (Exception e) {
      throw new Unrunnable(Failure.reason(e), e);
    }
    if (logits.length == 0 || logits.length % count != 0) {
      throw new Unrunnable(
          "the network gave %d logits for %d images".formatted(logits.length, count));
    }
    return List.of(
        floats(output.name(), List.of((long) count, (long) logits.length / count), logits));
  }

  private static FloatBuffer floats(TypedTensor.Numbers images) {
    ByteBuffer data = images.data();
    if (images.type() == DataType.FP32 && data.isDirect()) {
      return data.asFloatBuffer();
    }
    int count = data.remaining() / images.type().size();
    FloatBuffer floats = direct(count);
    if (images.type() == DataType.FP32) {
      return floats.put(data.asFloatBuffer()).flip();
    }
    while (data.hasRemaining()) {
      floats.put(data.get() & 0xff);
    }
    return floats.flip();
  }
}
