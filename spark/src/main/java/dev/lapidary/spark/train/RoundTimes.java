package dev.lapidary.spark.train;

import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.run.round.Contribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/** Times of rounds in which workers do nothing, and the speed that makes the model fit them. */
public final class RoundTimes {
  private static final int UNKNOWNS = 3;

  private RoundTimes() {}

  /**
   * @param machines that slices are put together on
   * @param bytes of a worker's share
   * @param seconds median of the repeated rounds
   */
  public record Time(int workers, int slices, int machines, long bytes, double seconds) {

    /** What the model multiplies with: a job, its tasks, the bytes on the longest way. */
    private double[] factors() {
      double shuffled = (double) workers * bytes / Math.min(slices, machines);
      return new double[] {1, (double) workers + slices, 4.0 * bytes + shuffled};
    }

    /** By the model, where the network is as fast as memory. */
    public double expected(ClusterSpeed speed) {
      double[] factors = factors();
      return speed.jobSeconds()
          + speed.taskSeconds() * factors[1]
          + factors[2] / speed.bytesASecond();
    }
  }

  /** The median of some rounds on the cluster, after one that is not counted. */
  public static Time measure(JavaSparkContext context, int workers, long bytes, int repeat) {
    RoundJob job = RoundJob.of(context, workers, bytes);
    int floats = (int) (bytes / Float.BYTES);
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i <= repeat; i++) {
      long began = System.nanoTime();
      job.run(new byte[(int) bytes], (round, worker) -> share(worker, floats));
      if (i > 0) {
        seconds.add((System.nanoTime() - began) / 1e9);
      }
    }
    seconds.sort(null);
    int machines = Math.max(1, context.sc().statusTracker().getExecutorInfos().length - 1);
    return new Time(workers, job.slices(), machines, bytes, seconds.get(repeat / 2));
  }

  private static Contribution share(int worker, int floats) {
    float[] values = new float[floats];
    Arrays.fill(values, worker);
    return new Contribution(
        new Contribution.Head(
            worker,
            new Sums(0, 1, 0),
            List.of("model.weight"),
            List.of(floats),
            0,
            new LinkedHashMap<>()),
        values);
  }

  /** Least squares of the relative errors; nothing costs less than nothing. */
  public static ClusterSpeed fit(List<Time> times) {
    double[] best = new double[UNKNOWNS];
    double minimum = Double.POSITIVE_INFINITY;
    for (int kept = 1; kept < 1 << UNKNOWNS; kept++) {
      double[] solution = solve(times, kept);
      ClusterSpeed speed = new ClusterSpeed(solution[0], solution[1], 1 / solution[2]);
      double error =
          times.stream().mapToDouble(t -> Math.pow(t.expected(speed) / t.seconds() - 1, 2)).sum();
      if (Arrays.stream(solution).allMatch(value -> value >= 0) && error < minimum) {
        minimum = error;
        best = solution;
      }
    }
    return new ClusterSpeed(best[0], best[1], 1 / Math.max(best[2], 1e-15));
  }

  /** The normal equations by Gauss and Jordan; what is not kept is 0. */
  private static double[] solve(List<Time> times, int kept) {
    double[][] rows = new double[UNKNOWNS][UNKNOWNS + 1];
    for (Time time : times) {
      double[] factors = time.factors();
      for (int i = 0; i < UNKNOWNS; i++) {
        for (int j = 0; j < UNKNOWNS; j++) {
          rows[i][j] += factors[i] * factors[j] / (time.seconds() * time.seconds());
        }
        rows[i][UNKNOWNS] += factors[i] / time.seconds();
      }
    }
    for (int i = 0; i < UNKNOWNS; i++) {
      if ((kept >> i & 1) == 0) {
        rows[i] = new double[UNKNOWNS + 1];
        for (double[] row : rows) {
          row[i] = 0;
        }
        rows[i][i] = 1;
      }
    }
    for (int i = 0; i < UNKNOWNS; i++) {
      for (int j = 0; j < UNKNOWNS; j++) {
        double factor = rows[j][i] / rows[i][i];
        for (int k = i; j != i && k <= UNKNOWNS; k++) {
          rows[j][k] -= factor * rows[i][k];
        }
      }
    }
    double[] solution = new double[UNKNOWNS];
    for (int i = 0; i < UNKNOWNS; i++) {
      solution[i] = rows[i][UNKNOWNS] / rows[i][i];
    }
    return solution;
  }
}
