package dev.lapidary.trainer.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How good a classifier of one class an image is. All fractions lie in [0, 1].
 *
 * @param images how many
 * @param classes how many
 * @param accuracy images whose highest logit is their class
 * @param accuracyInterval of it, 95 %, Wilson
 * @param loss mean cross-entropy, which is the negative log-likelihood, in nats
 * @param top5 images whose class is among the five highest logits; absent with five classes or less
 * @param calibrationError expected calibration error: |accuracy - confidence| over {@link
 *     Bin#COUNT} equal bins of the confidence, weighed by their images (Guo et al., 2017)
 * @param macroPrecision mean of the classes that have images, as {@code macroRecall}, {@code
 *     macroF1}
 * @param perClass by class index
 * @param confusion images by [class][predicted class]
 * @param calibration the bins that hold images
 */
public record SingleLabelMeasures(
    int images,
    int classes,
    double accuracy,
    Interval accuracyInterval,
    double loss,
    Optional<Double> top5,
    double calibrationError,
    double macroPrecision,
    double macroRecall,
    double macroF1,
    List<ClassMeasure> perClass,
    List<List<Integer>> confusion,
    List<Bin> calibration)
    implements Measures {
  private static final int TOP = 5;

  /**
   * One class against the others. A ratio of nothing to nothing is 0, as in scikit-learn.
   *
   * @param images of the class
   * @param precision images of the class among those predicted as it
   * @param recall images predicted as the class among those of it
   * @param f1 the harmonic mean of the two
   */
  public record ClassMeasure(
      String label, int images, double precision, double recall, double f1) {}

  /**
   * Images by the confidence of their prediction, in {@code (from, to]}.
   *
   * @param confidence their mean
   * @param accuracy of them
   */
  public record Bin(double from, double to, int images, double confidence, double accuracy) {
    public static final int COUNT = 15;
  }

  /**
   * @param loss as libtorch sums it; the predictions' own differs from it in the last bits
   */
  public static SingleLabelMeasures of(
      List<String> labels, List<SingleLabelPrediction> predictions, double loss) {
    int n = predictions.size();
    int correct = (int) predictions.stream().filter(SingleLabelPrediction::correct).count();
    long inTop = predictions.stream().filter(p -> p.rank() < TOP).count();
    int[][] confusion = confusion(labels.size(), predictions);
    List<ClassMeasure> perClass = perClass(labels, confusion);
    List<ClassMeasure> seen = perClass.stream().filter(c -> c.images() > 0).toList();
    List<Bin> bins = bins(predictions);
    return new SingleLabelMeasures(
        n,
        labels.size(),
        (double) correct / n,
        Interval.wilson(correct, n),
        loss,
        labels.size() > TOP ? Optional.of((double) inTop / n) : Optional.empty(),
        bins.stream().mapToDouble(b -> b.images * Math.abs(b.accuracy - b.confidence)).sum() / n,
        seen.stream().mapToDouble(ClassMeasure::precision).average().orElse(0),
        seen.stream().mapToDouble(ClassMeasure::recall).average().orElse(0),
        seen.stream().mapToDouble(ClassMeasure::f1).average().orElse(0),
        perClass,
        lists(confusion),
        bins);
  }

  @Override
  public double score() {
    return accuracy;
  }

  @Override
  public String scoreName() {
    return "accuracy";
  }

  @Override
  public Interval scoreInterval() {
    return accuracyInterval;
  }

  private static int[][] confusion(int classes, List<SingleLabelPrediction> predictions) {
    int[][] counts = new int[classes][classes];
    predictions.forEach(p -> counts[p.label()][p.predicted()]++);
    return counts;
  }

  private static List<ClassMeasure> perClass(List<String> labels, int[][] confusion) {
    List<ClassMeasure> all = new ArrayList<>();
    for (int c = 0; c < labels.size(); c++) {
      int images = 0;
      int predicted = 0;
      for (int other = 0; other < labels.size(); other++) {
        images += confusion[c][other];
        predicted += confusion[other][c];
      }
      int hits = confusion[c][c];
      all.add(
          new ClassMeasure(
              labels.get(c),
              images,
              ratio(hits, predicted),
              ratio(hits, images),
              ratio(2 * hits, images + predicted)));
    }
    return all;
  }

  private static List<Bin> bins(List<SingleLabelPrediction> predictions) {
    int[] images = new int[Bin.COUNT];
    int[] correct = new int[Bin.COUNT];
    double[] confidence = new double[Bin.COUNT];
    for (SingleLabelPrediction p : predictions) {
      int bin = (int) Math.ceil(p.confidence() * Bin.COUNT) - 1;
      int b = Math.max(0, Math.min(Bin.COUNT - 1, bin));
      images[b]++;
      correct[b] += p.correct() ? 1 : 0;
      confidence[b] += p.confidence();
    }
    List<Bin> bins = new ArrayList<>();
    for (int b = 0; b < Bin.COUNT; b++) {
      if (images[b] > 0) {
        double from = (double) b / Bin.COUNT;
        double to = (b + 1.0) / Bin.COUNT;
        bins.add(
            new Bin(from, to, images[b], confidence[b] / images[b], ratio(correct[b], images[b])));
      }
    }
    return bins;
  }

  private static double ratio(int part, int whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private static List<List<Integer>> lists(int[][] rows) {
    return Arrays.stream(rows).map(row -> Arrays.stream(row).boxed().toList()).toList();
  }
}
