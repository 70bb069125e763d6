package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Lets a file pass only if it gives the reference's logits: max |difference| at most 1e-4 of max
 * |logit| and the same argmax, or, of networks on integers, what {@link Tolerance} says, for all
 * images as one batch and for the first of them alone.
 *
 * <p>One alone is enough: a file's two answers to it differ only in the batch size, and what mixed
 * the images of a batch would show in the batch, each row of which is compared. The reference's
 * answers to single images are not asked for: its own bits change with the batch size.
 */
public final class ParityGate {
  /** Two answers to one image that differ by what else is in the batch. */
  private static final String MIXED =
      "; in a batch they agree, so that its images are mixed: a mean(), std() or max() without dim"
          + " does that";

  private ParityGate() {}

  /**
   * What is held to the reference.
   *
   * @param file that it is of, for messages
   */
  public record Opening(ModelRuntime runtime, Path file, Supplier<LoadedModel> model) {
    /**
     * Of a file alone.
     *
     * @param preparation if ONNX Runtime runs it
     */
    public static Opening of(ModelRuntime runtime, Path file, Preparation preparation) {
      return new Opening(
          runtime, file, () -> LoadedModel.open(runtime, file, OutputChoice.FIRST, preparation));
    }
  }

  /**
   * @param card of the file: what it takes
   * @param only the one batch size that the reference takes; empty: 2, or else 1, whichever runs
   * @param tolerance how far it may be from the reference
   * @throws Failure (exit 3) with the numbers, if it is refused
   */
  public static ModelCard.Parity check(
      Path reference,
      OutputChoice choice,
      Opening opening,
      ModelCard card,
      Optional<Integer> only,
      Tolerance tolerance) {
    List<Integer> sizes = only.map(List::of).orElse(List.of(2, 1));
    boolean takesBatches = only.isPresent();
    for (int size : sizes) {
      boolean together = size > 1 || takesBatches;
      CompletableFuture<ParityInputs> made =
          CompletableFuture.supplyAsync(() -> inputs(size, card, together));
      try {
        // One after the other: two models and two runtimes at once would need twice the memory.
        LoadedModel model = opening.model().get();
        ParityInputs inputs = made.join();
        Answers found = Answers.of(model, inputs.files());
        takesBatches = true;
        try (LoadedModel source = LoadedModel.open(ModelRuntime.of(reference), reference, choice)) {
          Logits expected = Answers.all(source, inputs.references());
          requireFinite(expected, reference);
          if (tolerance.equals(Tolerance.FLOAT32)) {
            requireSignal(expected, reference);
          }
          requireSameClasses(expected, found.all(), reference, opening.file());
          double bound = tolerance.bound(source, inputs.references(), expected);
          return certificate(inputs, expected, found, bound, source.label(), opening.runtime());
        }
      } catch (Failure e) {
        // A traced archive may hold the batch size that it was traced with.
        if (e.code() != ExitCode.FAILED || size == sizes.get(sizes.size() - 1)) {
          throw e;
        }
      }
    }
    throw new IllegalStateException("no batch size");
  }

  private static ParityInputs inputs(int size, ModelCard card, boolean together) {
    ParityInputs inputs = ParityInputs.uniform(size, card);
    return together ? inputs : inputs.oneByOne();
  }

  /** What a model gives for all images, and for the first one alone. */
  private record Answers(Logits all, Logits first) {

    /** Closes the model. */
    static Answers of(LoadedModel opened, List<Tensor> batches) {
      try (LoadedModel model = opened) {
        Logits first = model.run(ParityInputs.sample(batches.get(0), 0));
        return new Answers(all(model, batches), first);
      }
    }

    static Logits all(LoadedModel model, List<Tensor> batches) {
      return Logits.joined(batches.stream().map(model::run).toList());
    }
  }

  private static ModelCard.Parity certificate(
      ParityInputs inputs,
      Logits expected,
      Answers found,
      double bound,
      String reference,
      ModelRuntime runtime) {
    Comparison batched = Comparison.of(expected, found.all());
    require(batched, bound, "for a batch", "", reference, runtime);
    Comparison single = Comparison.of(new Logits(1, expected.row(0)), found.first());
    require(single, bound, "for an image alone", MIXED, reference, runtime);
    return new ModelCard.Parity(
        reference,
        runtime.label(),
        inputs.description(),
        inputs.sha256(),
        Math.max(batched.maxAbsDifference(), single.maxAbsDifference()),
        batched.maxAbsLogit(),
        bound,
        Math.min(batched.argmaxAgreement(), single.argmaxAgreement()));
  }

  /**
   * Anything would agree with zeros; one number an image may be that of class 0. Of a network on
   * integers {@link LayerParity} has compared what comes before them.
   */
  private static void requireSignal(Logits expected, Path reference) {
    if (expected.classes() > 1 && expected.maxAbs() == 0) {
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
            "[%s] gives %s on ordinary inputs, which are of both signs; are its weights broken? Nothing was written",
            reference.getFileName(), value);
      }
    }
  }

  private static void require(
      Comparison c,
      double bound,
      String where,
      String hint,
      String reference,
      ModelRuntime runtime) {
    if (!c.passes(bound)) {
      throw Failure.gate(
          "%s",
          Phrase.of(
              "parity refused %s: %s differs from %s by %.3g where at most %.3g passes (%g of the"
                  + " greatest logit %.3g), argmax agreement %.4f%s; nothing was written",
              where,
              runtime.label(),
              reference,
              c.maxAbsDifference(),
              bound * c.maxAbsLogit(),
              bound,
              c.maxAbsLogit(),
              c.argmaxAgreement(),
              hint));
    }
  }
}
