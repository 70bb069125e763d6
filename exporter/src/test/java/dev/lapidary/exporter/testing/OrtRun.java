package dev.lapidary.exporter.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a graph in ONNX Runtime. */
public final class OrtRun {
  private OrtRun() {}

  /** The first output. */
  public static Tensor first(OnnxGraph graph, Tensor input) {
    Map<String, Tensor> all = all(graph, Map.of(graph.inputs().get(0).name(), input));
    return all.values().iterator().next();
  }

  /** The first output of what the runtime makes of the graph before it serves it. */
  public static Tensor optimized(OnnxGraph graph, Tensor input) {
    Map<String, Tensor> inputs = Map.of(graph.inputs().get(0).name(), input);
    return all(graph, inputs, SessionOptions.OptLevel.ALL_OPT).values().iterator().next();
  }

  /** All outputs by name; float32, int64 and bool. Optimizations of the runtime are off. */
  public static Map<String, Tensor> all(OnnxGraph graph, Map<String, Tensor> inputs) {
    return all(graph, inputs, SessionOptions.OptLevel.NO_OPT);
  }

  private static Map<String, Tensor> all(
      OnnxGraph graph, Map<String, Tensor> inputs, SessionOptions.OptLevel optimizations) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> fed = new LinkedHashMap<>();
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(optimizations);
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(OnnxWriter.bytes(graph), options)) {
        for (var entry : inputs.entrySet()) {
          fed.put(entry.getKey(), tensor(environment, entry.getValue()));
        }
        try (OrtSession.Result result = session.run(fed)) {
          Map<String, Tensor> outputs = new LinkedHashMap<>();
          for (var entry : result) {
            outputs.put(entry.getKey(), tensor(entry.getValue()));
          }
          return outputs;
        }
      }
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refuses the graph: " + e.getMessage(), e);
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Tensor tensor) throws OrtException {
    ByteBuffer direct =
        ByteBuffer.allocateDirect(tensor.bytes().remaining()).order(ByteOrder.LITTLE_ENDIAN);
    direct.put(tensor.bytes()).flip();
    return switch (tensor.dtype()) {
      case FLOAT32 -> OnnxTensor.createTensor(environment, direct.asFloatBuffer(), tensor.shape());
      case INT64 -> OnnxTensor.createTensor(environment, direct.asLongBuffer(), tensor.shape());
      default -> throw new IllegalArgumentException("no test feeds " + tensor.dtype());
    };
  }

  private static Tensor tensor(OnnxValue value) {
    OnnxTensor tensor = (OnnxTensor) value;
    DType dtype =
        switch (tensor.getInfo().type) {
          case FLOAT -> DType.FLOAT32;
          case INT64 -> DType.INT64;
          case BOOL -> DType.BOOL;
          default -> throw new IllegalArgumentException("no test reads " + tensor.getInfo());
        };
    return Tensor.over(dtype, Storage.over(tensor.getByteBuffer()), tensor.getInfo().getShape())
        .copy();
  }
}
