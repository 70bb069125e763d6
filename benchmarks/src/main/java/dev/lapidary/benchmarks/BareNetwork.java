package dev.lapidary.benchmarks;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * ONNX Runtime with nothing around it: at most so many runs at a time, each of so many threads.
 * What comes in is a ready tensor, or an image file that is decoded on the caller's thread.
 */
final class BareNetwork implements AutoCloseable {
  private final OrtSession session;
  private final Semaphore permits;
  private final String input;
  private final OnnxJavaType type;
  private final long[] shape;
  private final ServedModel model;
  private final ThreadLocal<ByteBuffer> buffers;

  BareNetwork(Path file, int runs, int threads) throws OrtException {
    model = ModelLoader.load(file, 1); // its preprocessing alone
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
    }
    permits = new Semaphore(runs, true);
    input = session.getInputNames().iterator().next();
    TensorInfo info = (TensorInfo) session.getInputInfo().values().iterator().next().getInfo();
    type = info.type;
    shape = info.getShape();
    shape[0] = 1;
    int bytes = type == OnnxJavaType.UINT8 ? 1 : Float.BYTES;
    for (long side : shape) {
      bytes *= (int) side;
    }
    int size = bytes;
    buffers =
        ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder()));
  }

  /** Of the bytes at a body's end. */
  byte[] ofTensor(byte[] body) throws Exception {
    ByteBuffer buffer = buffers.get().clear();
    buffer.put(body, body.length - buffer.capacity(), buffer.capacity()).flip();
    return run(buffer);
  }

  byte[] ofImage(byte[] file) throws Exception {
    ByteBuffer buffer = buffers.get().clear();
    buffer.asFloatBuffer().put(model.inputOf(file, ImageLimits.DEFAULT));
    return run(buffer);
  }

  private byte[] run(ByteBuffer buffer) throws Exception {
    permits.acquire();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OnnxTensor x =
            type == OnnxJavaType.UINT8
                ? OnnxTensor.createTensor(environment, buffer, shape, type)
                : OnnxTensor.createTensor(environment, buffer.asFloatBuffer(), shape);
        OrtSession.Result result = session.run(Map.of(input, x))) {
      FloatBuffer logits = ((OnnxTensor) result.get(0)).getFloatBuffer();
      ByteBuffer copy = ByteBuffer.allocate(Float.BYTES * logits.remaining());
      copy.asFloatBuffer().put(logits);
      return copy.array();
    } finally {
      permits.release();
    }
  }

  /** As the Open Inference Protocol describes it. */
  String described() {
    StringBuilder sides = new StringBuilder();
    for (long side : shape) {
      sides.append(sides.isEmpty() ? "" : ",").append(side);
    }
    return "{\"inputs\":[{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%s]}]}"
        .formatted(input, type == OnnxJavaType.UINT8 ? "UINT8" : "FP32", sides);
  }

  @Override
  public void close() throws OrtException {
    session.close();
    model.close();
  }
}
