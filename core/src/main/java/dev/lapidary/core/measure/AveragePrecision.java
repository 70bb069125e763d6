package dev.lapidary.core.measure;

import dev.lapidary.core.tensor.RandomStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * Average precision of each label over scored images: the sum over the distinct scores, the highest
 * first, of the recall that is gained at each times the precision there, {@code sum (R_n - R_n-1)
 * P_n}. Steps are not interpolated and images of one score count together: scikit-learn's {@code
 * average_precision_score}.
 *
 * <p>Ranks do not change by a sigmoid, so logits are as good as scores.
 */
public final class AveragePrecision {
  private static final int REPLICATES = 1000;
  private static final double TAIL = 0.025;

  private final List<Ranking> rankings;
  private final int images;

  private AveragePrecision(List<Ranking> rankings, int images) {
    this.rankings = rankings;
    this.images = images;
  }

  /**
   * @param scores [images][labels], the higher the surer
   * @param has [images][labels] whether an image has a label
   */
  public static AveragePrecision of(float[][] scores, boolean[][] has) {
    if (scores.length == 0 || scores.length != has.length) {
      throw new IllegalArgumentException(scores.length + " scored images of " + has.length);
    }
    List<Ranking> rankings = new ArrayList<>();
    for (int label = 0; label < scores[0].length; label++) {
      rankings.add(Ranking.of(scores, has, label));
    }
    return new AveragePrecision(rankings, scores.length);
  }

  /** Of one label, in [0, 1]; absent if no image has it: there is nothing to find. */
  public OptionalDouble of(int label) {
    return rankings.get(label).value(ones());
  }

  /** mAP: the mean over the labels that an image has; 0 if none has any. */
  public double mean() {
    return mean(ones());
  }

  /**
   * The middle 95 % of {@link #mean} over 1000 draws of as many images with replacement (the
   * percentile bootstrap, Efron 1979), which no formula gives: images share labels. Always the same
   * draws.
   *
   * @return low and high
   */
  public double[] meanInterval() {
    return interval(this::mean);
  }

  /**
   * The same of how much less {@link #mean} is by other scores of the same images: both are drawn
   * together, so that what makes images hard for both does not count.
   *
   * @return low and high
   */
  public double[] meanLossInterval(AveragePrecision other) {
    if (other.images != images) {
      throw new IllegalArgumentException(images + " images against " + other.images);
    }
    return interval(times -> mean(times) - other.mean(times));
  }

  private double[] interval(ToDoubleFunction<int[]> measure) {
    double[] means = new double[REPLICATES];
    for (int r = 0; r < REPLICATES; r++) {
      RandomStream random = RandomStream.of(0, r, 0, "bootstrap");
      int[] times = new int[images];
      for (int i = 0; i < images; i++) {
        times[random.below(images)]++;
      }
      means[r] = measure.applyAsDouble(times);
    }
    Arrays.sort(means);
    int rank = (int) Math.ceil(TAIL * REPLICATES) - 1;
    return new double[] {means[rank], means[REPLICATES - 1 - rank]};
  }

  private double mean(int[] times) {
    return rankings.stream()
        .map(ranking -> ranking.value(times))
        .flatMapToDouble(OptionalDouble::stream)
        .average()
        .orElse(0);
  }

  private int[] ones() {
    int[] ones = new int[images];
    Arrays.fill(ones, 1);
    return ones;
  }

  /**
   * The images by one label's score.
   *
   * @param order their positions, the highest score first
   * @param hits whether the one at each place has the label
   * @param ends whether the score changes behind it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ranking(int[] order, boolean[] hits, boolean[] ends) {
    static Ranking of(float[][] scores, boolean[][] has, int label) {
      Integer[] order = new Integer[scores.length];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (a, b) -> Float.compare(scores[b][label], scores[a][label]));
      int[] indices = new int[order.length];
      boolean[] hits = new boolean[order.length];
      boolean[] ends = new boolean[order.length];
      for (int k = 0; k < order.length; k++) {
        indices[k] = order[k];
        hits[k] = has[order[k]][label];
        ends[k] = k + 1 == order.length || scores[order[k]][label] != scores[order[k + 1]][label];
      }
      return new Ranking(indices, hits, ends);
    }

    /**
     * @param times how often each image counts, by position
     */
    OptionalDouble value(int[] times) {
      long found = 0;
      long seen = 0;
      long foundBefore = 0;
      double sum = 0;
      for (int k = 0; k < order.length; k++) {
        int n = times[order[k]];
        seen += n;
        found += hits[k] ? n : 0;
        if (ends[k] && found > foundBefore) {
          sum += (double) (found - foundBefore) * ((double) found / (double) seen);
          foundBefore = found;
        }
      }
      return found == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / (double) found);
    }
  }
}
