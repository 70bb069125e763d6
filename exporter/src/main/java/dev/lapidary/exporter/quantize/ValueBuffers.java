package dev.lapidary.exporter.quantize;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import dev.lapidary.runtime.session.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where one thread's runs leave some values of a graph, one after the other: a network's values are
 * tens of megabytes an image, and to take them anew for each would cost more than to compute them.
 * Close it.
 */
final class ValueBuffers implements AutoCloseable {
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
  private final List<String> names = new ArrayList<>();
  private final List<FloatBuffer> buffers = new ArrayList<>();
  private final List<long[]> shapes = new ArrayList<>();
  private float[] scratch = new float[0];

  /**
   * @param shapes of float32 values by their names
   */
  ValueBuffers(Map<String, long[]> shapes) throws OrtException {
    try {
      for (Map.Entry<String, long[]> value : shapes.entrySet()) {
        int count = Math.toIntExact(numel(value.getValue()));
        FloatBuffer buffer =
            ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        names.add(value.getKey());
        buffers.add(buffer);
        this.shapes.add(value.getValue().clone());
        tensors.put(
            value.getKey(),
            OnnxTensor.createTensor(OnnxRuntime.environment(), buffer, value.getValue()));
      }
    } catch (OrtException | RuntimeException e) {
      close();
      throw e;
    }
  }

  static long numel(long[] shape) {
    long numel = 1;
    for (long side : shape) {
      numel *= side;
    }
    return numel;
  }

  /** Where the runtime is to write. */
  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  List<String> names() {
    return names;
  }

  long[] shape(int index) {
    return shapes.get(index);
  }

  /** A value's numbers, row-major, and behind them anything: until the next call. */
  float[] floats(int index) {
    FloatBuffer buffer = buffers.get(index);
    if (scratch.length < buffer.capacity()) {
      scratch = new float[buffer.capacity()];
    }
    buffer.get(0, scratch, 0, buffer.capacity());
    return scratch;
  }

  @Override
  public void close() {
    tensors.values().forEach(OnnxTensor::close);
    tensors.clear();
    buffers.clear();
    scratch = new float[0];
  }
}
