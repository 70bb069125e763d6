package dev.lapidary.serve.admission;

/**
 * Priorities as Triton's {@code dynamic_batching} has them.
 *
 * @param levels from 1, the highest, to so many
 * @param usual of a request that names none
 */
public record PriorityLevels(int levels, int usual) {
  public PriorityLevels {
    if (levels < 1 || usual < 1 || usual > levels) {
      throw new IllegalArgumentException(
          "the usual priority is one of 1..%d but is %d".formatted(levels, usual));
    }
  }

  /** What a request gets: what it names, and the usual one for 0 or a level that is not there. */
  public int of(long named) {
    return named < 1 || named > levels ? usual : (int) named;
  }
}
