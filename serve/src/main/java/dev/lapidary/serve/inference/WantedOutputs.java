package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import java.util.List;

/** What a network gave, as it was asked for. */
public final class WantedOutputs {
  private WantedOutputs() {}

  /**
   * @param given at least those that are wanted
   * @param labels of the classes; empty where there are none
   */
  public static List<TypedTensor> asWanted(
      List<TypedTensor> given, List<Wanted> wanted, boolean batched, List<String> labels) {
    return wanted.stream().map(w -> one(given, w, batched, labels)).toList();
  }

  private static TypedTensor one(
      List<TypedTensor> given, Wanted wanted, boolean batched, List<String> labels) {
    TypedTensor output =
        given.stream()
            .filter(t -> t.name().equals(wanted.name()))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no output " + wanted.name()));
    return wanted.classes() > 0
        ? RankedOutput.of((TypedTensor.Numbers) output, wanted.classes(), batched, labels)
        : output;
  }
}
