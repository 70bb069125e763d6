package dev.lapidary.exporter.verify;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import java.util.List;

/** How far a file's logits may be from its source's. */
public sealed interface Tolerance {
  /** Of a float network: {@link Comparison#BOUND}, which float32's own rounding stays far below. */
  Tolerance FLOAT32 = new Certified(Comparison.BOUND);

  /** The bound relative to the greatest logit. */
  double bound(LoadedModel source, List<Tensor> batches, Logits expected);

  /**
   * As a certificate has it.
   *
   * @param relative to the greatest logit
   */
  record Certified(double relative) implements Tolerance {
    @Override
    public double bound(LoadedModel source, List<Tensor> batches, Logits expected) {
      return relative;
    }
  }

  /**
   * Of a network that rounds to integers between its layers. Two runtimes round what lies between
   * two integers differently, by the last bits of their sums, and what is one step at one layer
   * grows through the next ones: by how much, the network itself can say. Its logits are taken for
   * images that differ by less than its first rounding can tell, and the farthest that they move,
   * or one step of the last rounding if that is more, is what rounding does to it. Each of the two
   * runtimes may be that far from exact arithmetic, so they may be twice as far from each other.
   *
   * @param inputStep of the first rounding, in the input's unit
   * @param outputStep of the last one, in the logits' unit
   */
  record Rounding(double inputStep, double outputStep) implements Tolerance {
    private static final int TRIALS = 4;

    @Override
    public double bound(LoadedModel source, List<Tensor> batches, Logits expected) {
      double moved = outputStep;
      for (int trial = 0; trial < TRIALS; trial++) {
        String noise = "rounding/" + trial;
        Logits found =
            Logits.joined(batches.stream().map(batch -> source.run(shaken(batch, noise))).toList());
        moved = Math.max(moved, Comparison.of(expected, found).maxAbsDifference());
      }
      return expected.maxAbs() == 0 ? 0 : 2 * moved / expected.maxAbs();
    }

    /** Each number by up to half a step. */
    private Tensor shaken(Tensor batch, String noise) {
      float[] values = batch.toFloats();
      float[] by = Uniform.tensor(noise, batch.shape()).toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (by[i] * inputStep / 2);
      }
      return Tensor.of(values, batch.shape());
    }
  }
}
