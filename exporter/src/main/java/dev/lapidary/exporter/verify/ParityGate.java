package dev.lapidary.exporter.verify;

import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.ExitCode;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.trace.OutputChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets a file pass only if it gives the reference's logits: max |difference| at most 1e-4 of max
 * |logit| and the same argmax, at the reference's batch size and of a sample alone.
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
    List<Integer> sizes = only.map(List::of).orElse(List.of(2, 1));
    for (int size : sizes) {
      ParityInputs inputs = ParityInputs.uniform(size, card);
      try {
        // One after the other: two models and two runtimes at once would need twice the memory.
        List<Answers> found =
            Answers.of(LoadedModel.open(runtime, file, OutputChoice.FIRST), inputs.files(), true);
        ModelRuntime referenceRuntime = ModelRuntime.of(reference);
        List<Answers> expected =
            Answers.of(
                LoadedModel.open(referenceRuntime, reference, choice), inputs.references(), false);
        expected.forEach(answers -> requireFinite(answers.batched(), reference));
        requireSignal(expected, reference);
        requireSameClasses(expected.get(0).batched(), found.get(0).batched(), reference, file);
        return certificate(inputs, expected, found, referenceRuntime, runtime);
      } catch (Failure e) {
        // A traced archive may hold the batch size that it was traced with.
        if (e.code() != ExitCode.FAILED || size == sizes.get(sizes.size() - 1)) {
          throw e;
        }
      }
    }
    throw new IllegalStateException("no batch size");
  }

  /** What a model gives for a batch, and for its first sample alone if that was asked for. */
  private record Answers(Logits batched, Optional<Logits> single) {

    /** Closes the model. */
    static List<Answers> of(LoadedModel opened, List<Tensor> batches, boolean alone) {
      try (LoadedModel model = opened) {
        List<Answers> all = new ArrayList<>();
        for (Tensor batch : batches) {
          Optional<Logits> single =
              alone ? Optional.of(model.run(Batches.sample(batch, 0))) : Optional.empty();
          all.add(new Answers(model.run(batch), single));
        }
        return all;
      }
    }
  }

  private static ModelCard.Parity certificate(
      ParityInputs inputs,
      List<Answers> expected,
      List<Answers> found,
      ModelRuntime reference,
      ModelRuntime runtime) {
    Comparison batched = new Comparison();
    Comparison single = new Comparison();
    for (int b = 0; b < expected.size(); b++) {
      Logits logits = expected.get(b).batched();
      batched.add(logits, found.get(b).batched());
      single.add(new Logits(1, logits.row(0)), found.get(b).single().orElseThrow());
    }
    require(batched, "at the reference's batch size", reference, runtime);
    require(single, "at batch 1", reference, runtime);
    return new ModelCard.Parity(
        reference.label(),
        runtime.label(),
        inputs.description(),
        inputs.sha256(),
        Math.max(batched.maxAbsDifference(), single.maxAbsDifference()),
        batched.maxAbsLogit(),
        Comparison.BOUND,
        Math.min(batched.argmaxAgreement(), single.argmaxAgreement()));
  }

  /** Anything would agree with zeros; one number an image may be that of class 0. */
  private static void requireSignal(List<Answers> expected, Path reference) {
    if (expected.stream()
        .map(Answers::batched)
        .allMatch(logits -> logits.classes() > 1 && logits.maxAbs() == 0)) {
      throw Failure.gate(
          "[%s] gives only zeros on ordinary inputs, so that nothing can be compared; is its head"
              + " untrained? Nothing was written",
          reference.getFileName());
    }
  }

  private static void requireSameClasses(Logits expected, Logits found, Path reference, Path file) {
    if (expected.classes() != found.classes()) {
      throw Failure.badInput(
          "[%s] gives %d numbers for an image and [%s] %d; name the source that it was exported"
              + " from, with the same --output, --output-index or --output-key",
          file.getFileName(), found.classes(), reference.getFileName(), expected.classes());
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
