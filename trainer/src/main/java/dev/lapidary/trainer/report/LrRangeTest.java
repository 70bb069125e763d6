package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The result of a learning rate range test.
 *
 * @param valley the rate to take: the middle of the longest fall, fastai's "valley"
 * @param steepest where the smoothed loss falls fastest, over the logarithm of the rate
 * @param minimum where it is lowest: too high to train with, a tenth of it is the older advice
 */
public record LrRangeTest(double valley, double steepest, double minimum, List<Point> points) {
  /** Of the average that smooths the losses, as fastai's. */
  private static final double BETA = 0.98;

  private static final double EXPLODED = 4;
  private static final int LEAST = 10;
  private static final int ROWS = 14;
  private static final int COLUMNS = 64;

  /**
   * @param loss of the step, {@code smoothed} the exponential average up to it, without bias
   */
  public record Point(double rate, double loss, double smoothed) {}

  public LrRangeTest {
    points = List.copyOf(points);
  }

  /** The point after those before. */
  public static Point next(List<Point> before, double rate, double loss) {
    double average = 0;
    for (Point point : before) {
      average = BETA * average + (1 - BETA) * point.loss();
    }
    average = BETA * average + (1 - BETA) * loss;
    return new Point(rate, loss, average / (1 - Math.pow(BETA, before.size() + 1)));
  }

  /** Whether the smoothed loss is four times its lowest. */
  public static boolean exploded(List<Point> points) {
    double lowest = points.stream().mapToDouble(Point::smoothed).min().orElse(0);
    return points.get(points.size() - 1).smoothed() > EXPLODED * lowest;
  }

  /**
   * @throws Failure (exit 1) if there are too few points to say anything
   */
  public static LrRangeTest of(List<Point> points) {
    if (points.size() < LEAST) {
      throw Failure.failed(
          "the loss exploded after %d steps, too few to read a rate from; begin lower with --from,"
              + " or look at the images and labels",
          points.size());
    }
    double[] smoothed = points.stream().mapToDouble(Point::smoothed).toArray();
    return new LrRangeTest(
        points.get(valley(smoothed)).rate(),
        points.get(steepest(smoothed)).rate(),
        points.get(lowest(smoothed)).rate(),
        points);
  }

  /**
   * The longest sequence of points, not necessarily neighbours, in which each loss is below the one
   * before; its end and its length give the valley.
   */
  private static int valley(double[] losses) {
    int[] lengths = new int[losses.length];
    int end = 0;
    for (int i = 0; i < losses.length; i++) {
      lengths[i] = 1;
      for (int j = 0; j < i; j++) {
        if (losses[i] < losses[j]) {
          lengths[i] = Math.max(lengths[i], lengths[j] + 1);
        }
      }
      end = lengths[i] > lengths[end] ? i : end;
    }
    int start = Math.max(0, end - lengths[end]);
    return start + (end - start) / 2;
  }

  private static int steepest(double[] losses) {
    int best = 0;
    for (int i = 0; i + 1 < losses.length; i++) {
      best = losses[i + 1] - losses[i] < losses[best + 1] - losses[best] ? i : best;
    }
    return best;
  }

  private static int lowest(double[] losses) {
    int best = 0;
    for (int i = 1; i < losses.length; i++) {
      best = losses[i] < losses[best] ? i : best;
    }
    return best;
  }

  /** The smoothed loss over the rate, as an SVG file. */
  public String svg() {
    List<LineChart.Point> smoothed =
        points.stream().map(p -> new LineChart.Point(Math.log10(p.rate()), p.smoothed())).toList();
    List<LineChart.Mark> marks = List.of(new LineChart.Mark(Math.log10(valley), "suggested"));
    return new LineChart(
            "Loss by learning rate",
            "logarithm of the learning rate (base 10)",
            LineChart.Scale.LINEAR,
            List.of(new LineChart.Series("smoothed loss", smoothed)),
            marks)
        .file();
  }

  /** The same with characters; the suggested rate is a column of bars. */
  public List<String> plot() {
    double low = points.stream().mapToDouble(Point::smoothed).min().orElse(0);
    double high = points.stream().mapToDouble(Point::smoothed).max().orElse(1);
    char[][] cells = new char[ROWS][COLUMNS];
    int suggested = 0;
    for (int i = 0; i < points.size(); i++) {
      suggested = points.get(i).rate() <= valley ? column(i) : suggested;
    }
    for (char[] row : cells) {
      Arrays.fill(row, ' ');
      row[suggested] = '|';
    }
    for (int i = 0; i < points.size(); i++) {
      double height = high > low ? (points.get(i).smoothed() - low) / (high - low) : 0;
      cells[(int) Math.rint((1 - height) * (ROWS - 1))][column(i)] = '*';
    }
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      double loss = high - (high - low) * row / (ROWS - 1);
      String label = row % 4 == 0 ? String.format(Locale.ROOT, "%8.3f", loss) : " ".repeat(8);
      lines.add(label + " " + new String(cells[row]).stripTrailing());
    }
    String first = String.format(Locale.ROOT, "%.0e", points.get(0).rate());
    String last = String.format(Locale.ROOT, "%.0e", points.get(points.size() - 1).rate());
    int gap = Math.max(1, COLUMNS - first.length() - last.length());
    lines.add(" ".repeat(9) + first + " ".repeat(gap) + last);
    return lines;
  }

  private int column(int point) {
    return point * (COLUMNS - 1) / Math.max(1, points.size() - 1);
  }
}
