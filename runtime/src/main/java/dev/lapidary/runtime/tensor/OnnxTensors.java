package dev.lapidary.runtime.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A session's tensors. The session stays its owner's. */
public final class OnnxTensors implements TensorNetwork {
  private final OnnxSession session;
  private final List<TensorSpec> inputs;
  private final List<TensorSpec> outputs;

  private OnnxTensors(OnnxSession session, List<TensorSpec> inputs, List<TensorSpec> outputs) {
    this.session = session;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Outputs that are no tensors (a map of a class to its probability, say) are left out.
   *
   * @param source for errors
   * @throws Failure (exit 2) if an input is no tensor, or none of the outputs is
   */
  public static OnnxTensors of(OnnxSession session, String source) {
    try {
      List<TensorSpec> inputs = new ArrayList<>();
      for (NodeInfo each : session.inputs().values()) {
        inputs.add(
            spec(each)
                .orElseThrow(
                    () ->
                        Failure.badInput(
                            "[%s] its input %s is no tensor of a known type: %s",
                            source, each.getName(), each.getInfo())));
      }
      List<TensorSpec> outputs =
          session.outputs().values().stream().flatMap(o -> spec(o).stream()).toList();
      if (outputs.isEmpty()) {
        throw Failure.badInput("[%s] none of its outputs is a tensor", source);
      }
      return new OnnxTensors(session, List.copyOf(inputs), outputs);
    } catch (OrtException e) {
      throw Failure.badInput("[%s] ONNX Runtime cannot describe it: %s", source, Failure.reason(e));
    }
  }

  private static Optional<TensorSpec> spec(NodeInfo node) {
    if (!(node.getInfo() instanceof TensorInfo info)) {
      return Optional.empty();
    }
    List<Long> shape = TensorShapes.list(info.getShape());
    return DataType.of(info.onnxType).map(type -> new TensorSpec(node.getName(), type, shape));
  }

  @Override
  public List<TensorSpec> inputs() {
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    return outputs;
  }

  @Override
  public List<TypedTensor> run(List<TypedTensor> given, Set<String> wanted) throws Unrunnable {
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try {
      for (TypedTensor each : given) {
        tensors.put(each.name(), tensor(each));
      }
      List<TypedTensor> results = new ArrayList<>(wanted.size());
      try (OrtSession.Result result = session.run(tensors, wanted)) {
        for (TensorSpec output : outputs) {
          if (wanted.contains(output.name())) {
            results.add(tensor(output, result.get(output.name()).orElseThrow()));
          }
        }
      }
      return results;
    } catch (OrtException e) {
      throw new Unrunnable("ONNX Runtime: " + Failure.reason(e), e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(TypedTensor tensor) throws OrtException, Unrunnable {
    if (tensor.type().java() == OnnxJavaType.UNKNOWN) {
      throw new Unrunnable(
          "ONNX Runtime's Java interface takes no %s: %s; cast it inside the graph"
              .formatted(tensor.type(), tensor.name()));
    }
    long[] shape = TensorShapes.array(tensor.shape());
    if (tensor instanceof TypedTensor.Numbers numbers) {
      return OnnxTensor.createTensor( // which takes several bytes from direct memory alone
          OnnxRuntime.environment(), numbers.direct(), shape, numbers.type().java());
    }
    String[] texts =
        ((TypedTensor.Texts) tensor)
            .elements().stream().map(text -> new String(text, UTF_8)).toArray(String[]::new);
    return OnnxTensor.createTensor(OnnxRuntime.environment(), texts, shape);
  }

  private static TypedTensor tensor(TensorSpec spec, OnnxValue value) throws OrtException {
    OnnxTensor tensor = (OnnxTensor) value;
    List<Long> shape = TensorShapes.list(tensor.getInfo().getShape());
    if (spec.type() != DataType.BYTES) {
      return new TypedTensor.Numbers(spec.name(), spec.type(), shape, tensor.getByteBuffer());
    }
    List<byte[]> texts = new ArrayList<>();
    flatten(tensor.getValue(), texts);
    return new TypedTensor.Texts(spec.name(), shape, texts);
  }

  /** Strings come as arrays of arrays, as deep as the shape is long. */
  private static void flatten(Object value, List<byte[]> texts) {
    if (value instanceof Object[] array) {
      for (Object each : array) {
        flatten(each, texts);
      }
    } else {
      texts.add(value.toString().getBytes(UTF_8));
    }
  }
}
