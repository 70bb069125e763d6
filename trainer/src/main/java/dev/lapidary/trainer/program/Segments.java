package dev.lapidary.trainer.program;

import dev.lapidary.core.tensor.RandomStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A network as a list of parts, each of which takes one tensor and gives the next one's: gradient
 * checkpointing (Chen et al. 2016, arXiv 1604.06174) keeps what passes between them and computes
 * the rest again for the backward pass.
 *
 * @param all from the images to the logits, at least two
 * @param methods that classes of the network need for it
 */
public record Segments(List<Segment> all, List<NetworkCut.Halves> methods) {

  /**
   * @param begins its first step: a module's path, or text
   * @param calls methods of the network's class, one after the other
   * @param draws whether it may draw random numbers
   */
  public record Segment(String begins, List<String> calls, boolean draws) {

    Segment with(Segment next) {
      List<String> both = new ArrayList<>(calls);
      both.addAll(next.calls);
      return new Segment(begins, both, draws || next.draws);
    }
  }

  /** How many segments before each one may draw random numbers. */
  List<Integer> drawnBefore() {
    List<Integer> counts = new ArrayList<>();
    int count = 0;
    for (Segment segment : all) {
      counts.add(count);
      count += segment.draws ? 1 : 0;
    }
    return counts;
  }

  /**
   * What each segment seeds libtorch's generator with, so that computing it again draws the same. A
   * segment after others that draw gets another seed than they: else both would draw the same.
   *
   * @param seed of the step
   */
  long[] seeds(long seed) {
    return drawnBefore().stream()
        .mapToLong(
            n -> n == 0 ? seed : RandomStream.of(seed, n, 0, "gradient checkpointing").nextLong())
        .toArray();
  }

  /** What a user should know. */
  public String note() {
    return "gradient checkpointing: %d segments, beginning at %s"
        .formatted(all.size(), String.join(", ", all.stream().map(Segment::begins).toList()));
  }
}
