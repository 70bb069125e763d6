package dev.lapidary.spark.train;

/**
 * What a round costs beyond the workers' own work, by a model whose constants are of a few rounds
 * on one machine and not fitted to any cluster (docs/spark.md): the driver's work for each task,
 * the weights that go out and come back, the slices that go from workers to where they are put
 * together, and a job's start.
 *
 * @param workers tasks of the first stage
 * @param slices tasks of the second
 * @param bytes of the tensors that go out, and that come back
 * @param bandwidth of a machine's network, in bytes a second
 */
public record RoundCost(int workers, int slices, double bytes, double bandwidth) {
  private static final double SECONDS_PER_TASK = 0.001;
  private static final double SECONDS_PER_JOB = 0.2;

  /** A fraction of the time that workers spend on their own work. */
  public static final double GOAL = 0.95;

  public RoundCost {
    if (workers < 1 || slices < 1 || !(bytes >= 0) || !(bandwidth > 0)) {
      throw new IllegalArgumentException(
          "%d workers, %d slices, %s bytes, %s bytes a second"
              .formatted(workers, slices, bytes, bandwidth));
    }
  }

  /** T = 1 ms (W + S) + 4 B / bandwidth + W B / (S bandwidth) + 0.2 s. */
  public double seconds() {
    return scheduling() + distribution() + shuffle() + SECONDS_PER_JOB;
  }

  /** The driver's, one task after the other. */
  public double scheduling() {
    return SECONDS_PER_TASK * ((double) workers + slices);
  }

  /** Out to all machines, which pass it on, and back from all slices to the driver. */
  public double distribution() {
    return 4 * bytes / bandwidth;
  }

  /** Into the machine that puts a slice together, from all workers. */
  public double shuffle() {
    return workers * bytes / (slices * bandwidth);
  }

  /** The part of the time that workers work, if they take so many steps a round. */
  public double efficiency(int localSteps, double stepSeconds) {
    double work = localSteps * stepSeconds;
    return work / (work + seconds());
  }

  /** The fewest steps a round with at least {@link #GOAL} of the ideal throughput. */
  public int localSteps(double stepSeconds) {
    double steps = GOAL / (1 - GOAL) * seconds() / stepSeconds;
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, Math.ceil(steps - 1e-9)));
  }
}
