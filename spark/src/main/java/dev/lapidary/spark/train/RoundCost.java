package dev.lapidary.spark.train;

/**
 * What a round costs beyond the workers' own work, by a model: a job's start, the driver's work for
 * each task, the weights that go out and come back, and the slices that go from workers to where
 * they are put together.
 *
 * @param workers tasks of the first stage, each on a machine of its own
 * @param slices tasks of the second
 * @param bytes of the tensors that go out, and that come back
 * @param bandwidth of a machine's network, in bytes a second
 * @param speed of all that is not the network
 */
public record RoundCost(
    int workers, int slices, double bytes, double bandwidth, ClusterSpeed speed) {
  /** A fraction of the time that workers spend on their own work. */
  public static final double GOAL = 0.95;

  /** With as many slices as a round of so many bytes has. */
  public static RoundCost of(int workers, double bytes, double bandwidth, ClusterSpeed speed) {
    return new RoundCost(workers, RoundJob.slices((long) bytes, workers), bytes, bandwidth, speed);
  }

  /** T = job + task (W + S) + (4 B + W B / S) (1 / bandwidth + 1 / bytes a second). */
  public double seconds() {
    return speed.jobSeconds() + scheduling() + distribution() + shuffle();
  }

  /** The driver's, one task after the other. */
  public double scheduling() {
    return speed.taskSeconds() * ((double) workers + slices);
  }

  /** Out to all machines, which pass it on, and back from all slices to the driver. */
  public double distribution() {
    return 4 * bytes * secondsPerByte();
  }

  /** Into the machine that puts a slice together, from all workers. */
  public double shuffle() {
    return workers * bytes / slices * secondsPerByte();
  }

  private double secondsPerByte() {
    return 1 / bandwidth + 1 / speed.bytesASecond();
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
