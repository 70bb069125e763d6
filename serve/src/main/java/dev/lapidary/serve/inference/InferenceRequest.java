package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.List;

/**
 * What one request asks of a model.
 *
 * @param id the client's, given back; empty if it gave none
 * @param outputs that are wanted; all if empty
 * @param timeoutMicros the protocol's {@code timeout} (schedule policy extension); 0 if it names
 *     none
 * @param priority of the same extension, 1 the highest; 0 if it names none
 */
public record InferenceRequest(
    String id, List<TypedTensor> inputs, List<Wanted> outputs, long timeoutMicros, long priority) {
  public InferenceRequest {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * An output that is wanted.
   *
   * @param classes how many of its best as text, by the classification extension; 0 for the tensor
   */
  public record Wanted(String name, int classes) {}
}
