package dev.lapidary.serve.grpc;

import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.grpc.message.OpenInference.InferParameter;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest.InferInputTensor;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest.InferRequestedOutputTensor;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.inference.InferenceRequest;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import dev.lapidary.serve.inference.InferenceService.Asked;
import dev.lapidary.serve.inference.InputHead;
import dev.lapidary.serve.inference.InvalidRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code ModelInferRequest}, as a request like any other. */
final class InferMessage {
  private static final int MAX_TENSORS = 256;
  private static final int MAX_DIMENSIONS = 8;
  private static final String SHARED_MEMORY = "shared_memory_region";

  private InferMessage() {}

  /**
   * @throws InvalidRequest if it is no such message
   */
  static Asked read(Message received) {
    ModelInferRequest message = received.as(ModelInferRequest.parser());
    if (message.getInputsCount() == 0) {
      throw new InvalidRequest("there are no inputs, expected at least one");
    }
    if (message.getInputsCount() > MAX_TENSORS || message.getOutputsCount() > MAX_TENSORS) {
      throw new InvalidRequest(
          "there are %d inputs and %d outputs, expected at most %d each",
          message.getInputsCount(), message.getOutputsCount(), MAX_TENSORS);
    }
    long micros = whole("parameter 'timeout'", message.getParametersMap().get("timeout"));
    return new Asked(
        message.getModelName(),
        version(message.getModelVersion()),
        new InferenceRequest(
            message.getId(),
            tensors(message, received.length()),
            message.getOutputsList().stream().map(InferMessage::wanted).toList(),
            Math.max(0, micros),
            priority(message.getParametersMap().get("priority"))));
  }

  /** Empty for the latest. */
  static Optional<String> version(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** 0 if it is not there. */
  private static long whole(String source, @Nullable InferParameter parameter) {
    if (parameter == null) {
      return 0;
    }
    return switch (parameter.getParameterChoiceCase()) {
      case INT64_PARAM -> parameter.getInt64Param();
      case UINT64_PARAM -> parameter.getUint64Param();
      default -> throw new InvalidRequest("%s: expected int64_param or uint64_param", source);
    };
  }

  /** One that is larger than all levels is the usual one, as if it were not there. */
  private static long priority(@Nullable InferParameter parameter) {
    long named = whole("parameter 'priority'", parameter);
    if (named < 0 && parameter != null && parameter.hasInt64Param()) {
      throw new InvalidRequest("parameter 'priority' is %d, expected at least 0", named);
    }
    return named < 0 ? Long.MAX_VALUE : named;
  }

  private static Wanted wanted(InferRequestedOutputTensor output) {
    if (output.getName().isEmpty()) {
      throw new InvalidRequest("an output has no name");
    }
    String source = "output '" + ClientText.brief(output.getName()) + "'";
    refuseSharedMemory(source, output.getParametersMap());
    long classes =
        whole(source + ", 'classification'", output.getParametersMap().get("classification"));
    if (classes < 0 || classes > Integer.MAX_VALUE) {
      throw new InvalidRequest(
          "%s: classification is %d, expected 0..%d", source, classes, Integer.MAX_VALUE);
    }
    return new Wanted(output.getName(), (int) classes);
  }

  private static void refuseSharedMemory(String source, Map<String, InferParameter> parameters) {
    if (parameters.containsKey(SHARED_MEMORY)) {
      throw new InvalidRequest(
          "%s: this server shares no memory with its clients; send the data", source);
    }
  }

  private static List<TypedTensor> tensors(ModelInferRequest message, int length) {
    int raw = message.getRawInputContentsCount();
    if (raw > 0 && raw != message.getInputsCount()) {
      throw new InvalidRequest(
          "there are %d raw_input_contents for %d inputs, expected one each",
          raw, message.getInputsCount());
    }
    List<TypedTensor> tensors = new ArrayList<>(message.getInputsCount());
    for (int i = 0; i < message.getInputsCount(); i++) {
      InferInputTensor input = message.getInputs(i);
      if (input.getName().isEmpty()) {
        throw new InvalidRequest("inputs[%d] has no name", i);
      }
      InputHead head = head(input, length);
      if (raw > 0 && input.hasContents()) {
        throw new InvalidRequest(
            "input '%s' has contents and raw_input_contents, expected one of them", head.brief());
      }
      tensors.add(
          raw > 0
              ? head.ofBinary(message.getRawInputContents(i).asReadOnlyByteBuffer())
              : Contents.tensor(head, input.getContents()));
    }
    return tensors;
  }

  private static InputHead head(InferInputTensor input, int length) {
    String name = ClientText.brief(input.getName());
    refuseSharedMemory("input '" + name + "'", input.getParametersMap());
    List<Long> shape = input.getShapeList();
    if (shape.size() > MAX_DIMENSIONS || shape.stream().anyMatch(dim -> dim < 0)) {
      throw new InvalidRequest(
          "the shape of input '%s' has a negative number, or more than %d", name, MAX_DIMENSIONS);
    }
    return InputHead.of(input.getName(), input.getDatatype(), shape, length, "message");
  }
}
