package dev.lapidary.exporter.testing;

import ai.onnxruntime.OnnxJavaType;
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
import java.util.Arrays;
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

  /** All outputs by name; numbers and booleans. Optimizations of the runtime are off. */
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
    return OnnxTensor.createTensor(environment, direct, tensor.shape(), type(tensor.dtype()));
  }

  private static OnnxJavaType type(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case BFLOAT16 -> OnnxJavaType.BFLOAT16;
      case INT64 -> OnnxJavaType.INT64;
      case INT32 -> OnnxJavaType.INT32;
      case INT16 -> OnnxJavaType.INT16;
      case INT8 -> OnnxJavaType.INT8;
      case UINT8 -> OnnxJavaType.UINT8;
      case BOOL -> OnnxJavaType.BOOL;
      case QINT8, QUINT8, QINT32 -> throw new IllegalArgumentException("no test feeds " + dtype);
    };
  }

  private static Tensor tensor(OnnxValue value) {
    OnnxTensor tensor = (OnnxTensor) value;
    DType dtype =
        Arrays.stream(DType.values())
            .filter(d -> d != DType.QINT8 && d != DType.QUINT8 && d != DType.QINT32)
            .filter(d -> type(d) == tensor.getInfo().type)
            .findFirst()
            .orElseThrow();
    return Tensor.over(dtype, Storage.over(tensor.getByteBuffer()), tensor.getInfo().getShape())
        .copy();
  }
}
