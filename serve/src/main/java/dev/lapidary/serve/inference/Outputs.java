package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.Tensor;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import java.util.List;

/** What a network gave, as it was asked for. */
public final class Outputs {
  private Outputs() {}

  /**
   * @param given at least those that are wanted
   * @param labels of the classes; empty where there are none
   */
  public static List<Tensor> asWanted(
      List<Tensor> given, List<Wanted> wanted, boolean batched, List<String> labels) {
    return wanted.stream().map(w -> one(given, w, batched, labels)).toList();
  }

  private static Tensor one(
      List<Tensor> given, Wanted wanted, boolean batched, List<String> labels) {
    Tensor output =
        given.stream()
            .filter(t -> t.name().equals(wanted.name()))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no output " + wanted.name()));
    return wanted.classes() > 0
        ? Classification.of((Tensor.Numbers) output, wanted.classes(), batched, labels)
        : output;
  }
}
