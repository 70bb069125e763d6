package dev.lapidary.core.measure;

import dev.lapidary.core.card.Activation;
import java.util.Arrays;

/**
 * Decisions about which labels images have, counted against what is right. A ratio of nothing to
 * nothing is 0, as in scikit-learn.
 */
public final class LabelDecisions {
  private final int[] hits;
  private final int[] decided;
  private final int[] right;
  private int images;
  private int exact;

  public LabelDecisions(int labels) {
    this.hits = new int[labels];
    this.decided = new int[labels];
    this.right = new int[labels];
  }

  /** A label is given from a score of {@link Activation#THRESHOLD} on. */
  public static boolean[] of(float... logits) {
    double[] scores = Activation.SIGMOID.probabilities(logits);
    boolean[] has = new boolean[logits.length];
    for (int i = 0; i < has.length; i++) {
      has[i] = scores[i] >= Activation.THRESHOLD;
    }
    return has;
  }

  /**
   * One image.
   *
   * @param answer and {@code truth} by label
   */
  public void add(boolean[] answer, boolean[] truth) {
    boolean same = true;
    for (int label = 0; label < hits.length; label++) {
      hits[label] += answer[label] && truth[label] ? 1 : 0;
      decided[label] += answer[label] ? 1 : 0;
      right[label] += truth[label] ? 1 : 0;
      same &= answer[label] == truth[label];
    }
    exact += same ? 1 : 0;
    images++;
  }

  public int images() {
    return images;
  }

  /** Images all of whose labels are right: scikit-learn's {@code accuracy_score}. */
  public int exact() {
    return exact;
  }

  /** Images that have the label. */
  public int support(int label) {
    return right[label];
  }

  /** Of the images that are given the label, those that have it. */
  public double precision(int label) {
    return ratio(hits[label], decided[label]);
  }

  /** Of the images that have the label, those that are given it. */
  public double recall(int label) {
    return ratio(hits[label], right[label]);
  }

  public double f1(int label) {
    return ratio(2L * hits[label], (long) decided[label] + right[label]);
  }

  /** F1 over the decisions of all labels together. */
  public double microF1() {
    return ratio(2 * sum(hits), sum(decided) + sum(right));
  }

  /** The mean of {@link #f1} over the labels that an image has. */
  public double macroF1() {
    double sum = 0;
    int labels = 0;
    for (int label = 0; label < right.length; label++) {
      if (right[label] > 0) {
        sum += f1(label);
        labels++;
      }
    }
    return labels == 0 ? 0 : sum / labels;
  }

  /**
   * How far two models decide alike: labels that both give among those that either gives, both
   * counted twice. With one label an image that is how often they give the same; 1 if neither gives
   * any.
   */
  public double agreement() {
    return sum(decided) + sum(right) == 0 ? 1 : microF1();
  }

  private static long sum(int[] counts) {
    return Arrays.stream(counts).asLongStream().sum();
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / (double) whole;
  }
}
