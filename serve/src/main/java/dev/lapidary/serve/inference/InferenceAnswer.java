package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.repository.ModelId;
import java.util.List;

/**
 * @param id the request's
 * @param outputs in the order in which they were asked for, otherwise the graph's
 * @param stages where its time went
 */
public record InferenceAnswer(
    ModelId model, String id, List<TypedTensor> outputs, ModelStatistics.Stages stages) {
  public InferenceAnswer {
    outputs = List.copyOf(outputs);
  }
}
