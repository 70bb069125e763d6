package dev.lapidary.exporter.verify;

import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.trace.OutputChoice;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets a file pass only if it gives the reference's logits: max |difference| at most 1e-4 of max
 * |logit| and the same argmax, at the reference's batch size and sample by sample.
 */
public final class ParityGate {
  private ParityGate() {}

  /**
   * @param card of the file: what it takes
   * @param only the one batch size that the reference takes; empty: 2, or else 1, whichever runs
   * @throws Failure (exit 3) with the numbers, if the file is refused
   */
  public static ModelCard.Parity check(
      Path reference,
      OutputChoice choice,
      ModelRuntime runtime,
      Path file,
      ModelCard card,
      Optional<Integer> only) {
    ParityInputs inputs;
    Comparison batched = new Comparison();
    Comparison single = new Comparison();
    ModelRuntime referenceRuntime = ModelRuntime.of(reference);
    try (LoadedModel expected = LoadedModel.open(referenceRuntime, reference, choice);
        LoadedModel found = LoadedModel.open(runtime, file, OutputChoice.FIRST)) {
      inputs = only.map(n -> ParityInputs.uniform(n, card)).orElseGet(() -> usual(expected, card));
      for (ParityInputs.Batch batch : inputs.batches()) {
        Logits logits = expected.run(batch.reference());
        requireFinite(logits, reference);
        batched.add(logits, found.run(batch.file()));
        for (int i = 0; i < batch.file().size(0); i++) {
          single.add(new Logits(1, logits.row(i)), found.run(Batches.sample(batch.file(), i)));
        }
      }
    }
    require(batched, "at the reference's batch size", referenceRuntime, runtime);
    require(single, "at batch 1", referenceRuntime, runtime);
    return new ModelCard.Parity(
        referenceRuntime.label(),
        runtime.label(),
        inputs.description(),
        inputs.sha256(),
        Math.max(batched.maxAbsDifference(), single.maxAbsDifference()),
        batched.maxAbsLogit(),
        Comparison.BOUND,
        Math.min(batched.argmaxAgreement(), single.argmaxAgreement()));
  }

  /** A traced archive may hold the batch size that it was traced with. */
  private static ParityInputs usual(LoadedModel reference, ModelCard card) {
    ParityInputs pairs = ParityInputs.uniform(2, card);
    try {
      reference.run(pairs.batches().get(0).reference());
      return pairs;
    } catch (Failure e) {
      return ParityInputs.uniform(1, card);
    }
  }

  private static void requireFinite(Logits logits, Path reference) {
    for (float value : logits.values()) {
      if (!Float.isFinite(value)) {
        throw Failure.gate(
            "[%s] gives %s on ordinary inputs; its weights are broken, nothing was written",
            reference.getFileName(), value);
      }
    }
  }

  private static void require(
      Comparison c, String where, ModelRuntime reference, ModelRuntime runtime) {
    if (!c.passes()) {
      throw Failure.gate(
          "%s",
          String.format(
              Locale.ROOT,
              "parity refused %s: %s differs from %s by %.3g where at most %.3g passes (%g of the"
                  + " greatest logit %.3g), argmax agreement %.4f; nothing was written",
              where,
              runtime.label(),
              reference.label(),
              c.maxAbsDifference(),
              Comparison.BOUND * c.maxAbsLogit(),
              Comparison.BOUND,
              c.maxAbsLogit(),
              c.argmaxAgreement()));
    }
  }
}
