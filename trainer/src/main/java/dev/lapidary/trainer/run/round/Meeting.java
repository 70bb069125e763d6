package dev.lapidary.trainer.run.round;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all workers' shares are together.
 *
 * @param tensors sums of gradients, means of all else, by the names of {@link Contribution.Head}
 * @param counts what is equal for all workers
 */
public record Meeting(Sums sums, Map<String, float[]> tensors, Map<String, byte[]> counts) {

  /**
   * @param heads of all workers, in their order
   * @param values {@link Slice#combine}d
   * @throws Failure (exit 4) if workers' networks have used different parameters
   */
  public static Meeting of(List<Contribution.Head> heads, float[] values) {
    Contribution.Head first = first(heads);
    Sums sums = Sums.ZERO;
    for (Contribution.Head head : heads) {
      sums = sums.plus(head.sums());
      if (head.images() > 0 && !head.names().equals(first.names())) {
        throw Failure.unsupported(
            "a parameter has a gradient in the batches of some workers only, such as not of worker"
                + " %d; train with world-size 1",
            head.worker());
      }
    }
    Map<String, float[]> tensors = new LinkedHashMap<>();
    int at = 0;
    for (int i = 0; i < first.names().size(); i++) {
      int length = first.lengths().get(i);
      tensors.put(first.names().get(i), Arrays.copyOfRange(values, at, at + length));
      at += length;
    }
    return new Meeting(sums, tensors, first.counts());
  }

  /** Of shares that are all here. */
  static Meeting of(List<Contribution> shares) {
    List<Contribution.Head> heads = shares.stream().map(Contribution::head).toList();
    Contribution.Head first = first(heads);
    float[][] parts = shares.stream().map(Contribution::values).toArray(float[][]::new);
    long[] images = heads.stream().mapToLong(Contribution.Head::images).toArray();
    int length = parts[first.worker()].length;
    for (int worker = 0; worker < parts.length; worker++) {
      if (images[worker] > 0 && parts[worker].length != length) {
        return of(heads, new float[0]); // says what differs
      }
    }
    return of(heads, new Slice(0, length).combine(parts, images, first.summed()));
  }

  private static Contribution.Head first(List<Contribution.Head> heads) {
    return heads.stream().filter(head -> head.images() > 0).findFirst().orElseThrow();
  }
}
