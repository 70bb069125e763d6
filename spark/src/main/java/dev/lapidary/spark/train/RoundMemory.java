package dev.lapidary.spark.train;

/** What a round keeps in memory at its most, in bytes, by what is copied in its course. */
public final class RoundMemory {
  /** Spark itself, the images' list, the network's text. */
  private static final double BASE = 256L << 20;

  private RoundMemory() {}

  /**
   * Of the driver's heap: the round, the broadcast's blocks, the slices as they come and as they
   * are put together, the meeting's tensors and those that become the next round.
   *
   * @param bytes of the tensors that go out, and that come back
   */
  public static double driver(double bytes) {
    return BASE + 6 * bytes;
  }

  /**
   * Of an executor's heap where a slice is put together: the pieces of all workers, as they come
   * and as numbers.
   */
  public static double slice(int workers, int slices, double bytes) {
    return BASE + 2 * workers * bytes / slices;
  }
}
