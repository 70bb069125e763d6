package dev.lapidary.exporter.verify;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Counts multiply-adds of convolutions, matrix products and recurrences at batch 1. The shapes are
 * what ONNX Runtime finds when it runs the graph once on zeros: no second theory of shapes.
 */
final class MultiplyAdds {
  private static final String[] COUNTED = {
    "Conv", "ConvTranspose", "GRU", "Gemm", "LSTM", "MatMul", "MatMulInteger", "RNN"
  };

  private static final String[] RECURRENT = {"GRU", "LSTM", "RNN"};

  /** Elements; smaller constants may say shapes and indices. */
  private static final int LARGE = 1 << 14;

  /** Bytes of one image: a size comes from the file, which may claim any. */
  private static final int LARGEST_INPUT = 1 << 28;

  private MultiplyAdds() {}

  /** Empty where the runtime cannot run the graph on zeros: on one image whose free sizes are 1. */
  static OptionalLong of(OnnxGraph graph) {
    try {
      return OptionalLong.of(count(graph));
    } catch (OrtException | ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  private static long count(OnnxGraph graph) throws OrtException {
    List<OnnxNode> counted = graph.nodes().stream().filter(n -> n.is(COUNTED)).toList();
    if (counted.isEmpty()) {
      return 0;
    }
    Set<String> values = new LinkedHashSet<>();
    for (OnnxNode node : counted) {
      values.add(node.input(0));
      values.add(node.input(1));
      // An output that nothing reads has no name; a recurrence is counted by its input.
      values.add(node.is(RECURRENT) ? node.input(2) : node.output());
    }
    Map<String, long[]> shapes = shapes(graph, values);
    long sum = 0;
    for (OnnxNode node : counted) {
      sum += node.is(RECURRENT) ? recurrent(node, shapes) : count(graph, node, shapes);
    }
    return sum;
  }

  /** Each step of each sequence by W and R: {@code [directions, gates * width, ..]}. */
  private static long recurrent(OnnxNode node, Map<String, long[]> shapes) {
    long[] input = shape(shapes, node.input(0)); // [length, batch, features]
    long weights =
        Tensor.numel(shape(shapes, node.input(1))) + Tensor.numel(shape(shapes, node.input(2)));
    return input[0] * input[1] * weights;
  }

  private static long count(OnnxGraph graph, OnnxNode node, Map<String, long[]> shapes) {
    long elements = Tensor.numel(shape(shapes, node.output()));
    return elements == 0 ? 0 : elements * perElement(graph, node, shapes);
  }

  private static long perElement(OnnxGraph graph, OnnxNode node, Map<String, long[]> shapes) {
    long[] input = shape(shapes, node.input(0));
    return switch (node.op()) {
      case "Conv" -> {
        long[] weight = weight(graph, node, shapes);
        yield Tensor.numel(weight) / weight[0];
      }
      case "ConvTranspose" -> {
        // Each input pixel is spread over the kernel: as much as the output is larger, the less.
        long[] weight = weight(graph, node, shapes);
        long perInput = Tensor.numel(weight) / weight[0];
        yield Tensor.numel(input) * perInput / Tensor.numel(shape(shapes, node.output()));
      }
      default -> node.intOr("transA", 0) == 1 ? input[0] : input[input.length - 1];
    };
  }

  private static long[] shape(Map<String, long[]> shapes, String value) {
    return Objects.requireNonNull(shapes.get(value), value);
  }

  private static long[] weight(OnnxGraph graph, OnnxNode node, Map<String, long[]> shapes) {
    String name = node.input(1);
    String stored = graph.producer(name, "DequantizeLinear").map(p -> p.input(0)).orElse(name);
    return graph.initializer(stored).map(Tensor::shape).orElseGet(() -> shape(shapes, name));
  }

  private static Map<String, long[]> shapes(OnnxGraph graph, Set<String> values)
      throws OrtException {
    Map<String, long[]> shapes = new HashMap<>();
    graph.initializers().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      try (OnnxSession session = OnnxSession.open(observing(graph, values), options)) {
        Map<String, OnnxTensor> zeros = new HashMap<>();
        for (NodeInfo input : session.inputs().values()) {
          zeros.put(input.getName(), zeros((TensorInfo) input.getInfo()));
        }
        try (OrtSession.Result result = session.run(zeros)) {
          zeros.forEach((name, tensor) -> shapes.put(name, tensor.getInfo().getShape()));
          result.forEach(
              entry ->
                  shapes.put(entry.getKey(), ((OnnxTensor) entry.getValue()).getInfo().getShape()));
        } finally {
          zeros.values().forEach(OnnxTensor::close);
        }
      }
    }
    return shapes;
  }

  private static OnnxTensor zeros(TensorInfo info) throws OrtException {
    long[] shape = info.getShape();
    for (int i = 0; i < shape.length; i++) {
      shape[i] = Math.max(shape[i], 1);
    }
    int size = Math.toIntExact(Math.multiplyExact(Tensor.numel(shape), info.type.size));
    if (size > LARGEST_INPUT) {
      throw new ArithmeticException("an input of " + size + " bytes");
    }
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocateDirect(size).order(java.nio.ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(OnnxRuntime.environment(), bytes, shape, info.type);
  }

  private static byte[] observing(OnnxGraph graph, Set<String> values) {
    try {
      ModelProto.Builder model =
          ModelProto.parseFrom(OnnxWriter.bytes(weightless(graph))).toBuilder();
      for (String value : values) {
        if (graph.producer(value).isPresent() && !graph.isOutput(value)) {
          // Without a type: ONNX Runtime infers it.
          model.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName(value));
        }
      }
      return model.build().toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was written is read", e);
    }
  }

  /** Zeros that the runtime makes instead of large constants: their shapes are all that counts. */
  private static OnnxGraph weightless(OnnxGraph graph) {
    OnnxGraph light = graph.copy();
    for (Map.Entry<String, Tensor> entry : graph.initializers().entrySet()) {
      Tensor tensor = entry.getValue();
      if (tensor.numel() >= LARGE && tensor.dtype() != DType.BFLOAT16) {
        light.removeInitializer(entry.getKey());
        String shape =
            light.addInitializer(
                entry.getKey() + "/shape", Tensor.of(tensor.shape(), tensor.rank()));
        light.insertBefore(
            light.nodes().get(0),
            new OnnxNode(
                light.fresh(entry.getKey() + "/zeros"),
                "ConstantOfShape",
                List.of(shape),
                List.of(entry.getKey()),
                Map.of("value", new Attribute.Constant(Tensor.zeros(tensor.dtype(), 1)))));
      }
    }
    return light;
  }
}
