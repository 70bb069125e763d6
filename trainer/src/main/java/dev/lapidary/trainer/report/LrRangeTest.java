package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.LineChart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The result of a learning rate range test.
 *
 * @param suggested the rate to take: between the steepest fall and a tenth of the lowest loss's,
 *     the two rules that are in use, whose geometric mean scatters less than either
 * @param steepest where the smoothed loss falls fastest, over the logarithm of the rate
 * @param minimum where it is lowest: too high to train with
 * @param points without the first steps, whose losses are those of an optimizer that has no moments
 *     yet, and smoothed about each point
 */
public record LrRangeTest(double suggested, double steepest, double minimum, List<Point> points) {
  /** Of the average that smooths the losses, as fastai's. */
  private static final double BETA = 0.98;

  private static final double EXPLODED = 4;
  private static final int MIN = 10;

  /** One step of so many at the start is left out, as fastai does. */
  private static final int SKIPPED = 10;

  /** Standard deviation of the smoothing, as a part of all steps. */
  private static final double WINDOW = 0.03;

  /** The older advice: so many times below the rate of the lowest loss. */
  private static final double BELOW_LOWEST = 10;

  /** A fall or a rise of fewer steps is none. */
  private static final int FEWEST = 3;

  /** A part of the loss at the start. */
  private static final double MIN_FALL = 0.02;

  private static final int ROWS = 14;
  private static final int COLUMNS = 64;

  /**
   * @param loss of the step, {@code smoothed} the exponential average up to it, without bias
   */
  public record Point(double rate, double loss, double smoothed) {}

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
   * @param measured all steps, in order
   * @throws Failure (exit 1) if the curve answers nothing: too few points, a loss that falls at no
   *     rate, or one that still falls at the last
   */
  public static LrRangeTest of(List<Point> measured) {
    if (measured.size() < MIN) {
      throw Failure.failed(
          "the loss exploded after %d steps, too few to read a rate from; begin lower with --from,"
              + " or look at the images and labels",
          measured.size());
    }
    List<Point> points = centred(measured.subList(measured.size() / SKIPPED, measured.size()));
    IntToDoubleFunction smoothed = i -> points.get(i).smoothed();
    int lowest = lowest(points.size(), smoothed);
    requireFall(points, lowest);
    requireRise(points, lowest);
    int fall = lowest(lowest, i -> smoothed.applyAsDouble(i + 1) - smoothed.applyAsDouble(i));
    double steepest = points.get(fall).rate();
    double minimum = points.get(lowest).rate();
    return new LrRangeTest(Math.sqrt(steepest * minimum / BELOW_LOWEST), steepest, minimum, points);
  }

  /** Weighs the steps before and after alike, so that the curve does not lag behind the rate. */
  private static List<Point> centred(List<Point> points) {
    double cap = EXPLODED * points.get(0).smoothed();
    double width = Math.max(1, points.size() * WINDOW);
    List<Point> smooth = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      double sum = 0;
      double weights = 0;
      for (int j = 0; j < points.size(); j++) {
        double weight = Math.exp(-0.5 * Math.pow((j - i) / width, 2));
        sum += weight * Math.min(cap, points.get(j).loss());
        weights += weight;
      }
      smooth.add(new Point(points.get(i).rate(), points.get(i).loss(), sum / weights));
    }
    return smooth;
  }

  /** The fall must be more than what the losses scatter by. */
  private static void requireFall(List<Point> points, int lowest) {
    double start = points.get(0).smoothed();
    double fall = start - points.get(lowest).smoothed();
    double scatter =
        Math.sqrt(
            points.subList(0, lowest + 1).stream()
                .mapToDouble(p -> Math.pow(p.loss() - p.smoothed(), 2))
                .average()
                .orElse(0));
    if (lowest < FEWEST || fall < Math.max(scatter, MIN_FALL * start)) {
      throw Failure.failed(
          "the loss falls at no rate from %.1e to %.1e (from %.3f to %.3f, its steps scatter by"
              + " %.3f): there is no rate to read; give more --steps or a larger --batch-size, or"
              + " look at the images and labels",
          points.get(0).rate(),
          points.get(points.size() - 1).rate(),
          start,
          points.get(lowest).smoothed(),
          scatter);
    }
  }

  /** A curve that only falls has not shown where it ends. */
  private static void requireRise(List<Point> points, int lowest) {
    if (lowest >= points.size() - FEWEST) {
      throw Failure.failed(
          "the loss still falls at the last rate, %.1e: how high is too high has not been seen; go"
              + " on with a higher --to",
          points.get(points.size() - 1).rate());
    }
  }

  /** The first one of the lowest. */
  private static int lowest(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count)
        .boxed()
        .min(Comparator.comparingDouble(value::applyAsDouble))
        .orElse(0);
  }

  /** The smoothed loss over the rate, as an SVG file. */
  public String svg() {
    List<LineChart.Point> smoothed =
        points.stream().map(p -> new LineChart.Point(Math.log10(p.rate()), p.smoothed())).toList();
    List<LineChart.Mark> marks = List.of(new LineChart.Mark(Math.log10(suggested), "suggested"));
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
    int column = 0;
    for (int i = 0; i < points.size(); i++) {
      column = points.get(i).rate() <= suggested ? column(i) : column;
    }
    for (char[] row : cells) {
      Arrays.fill(row, ' ');
      row[column] = '|';
    }
    for (int i = 0; i < points.size(); i++) {
      double height = high > low ? (points.get(i).smoothed() - low) / (high - low) : 0;
      cells[(int) Math.rint((1 - height) * (ROWS - 1))][column(i)] = '*';
    }
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      double loss = high - (high - low) * row / (ROWS - 1);
      String label = row % 4 == 0 ? Phrase.of("%8.3f", loss) : " ".repeat(8);
      lines.add(label + " " + new String(cells[row]).stripTrailing());
    }
    String first = Phrase.of("%.0e", points.get(0).rate());
    String last = Phrase.of("%.0e", points.get(points.size() - 1).rate());
    int gap = Math.max(1, COLUMNS - first.length() - last.length());
    lines.add(" ".repeat(9) + first + " ".repeat(gap) + last);
    return lines;
  }

  private int column(int point) {
    return point * (COLUMNS - 1) / Math.max(1, points.size() - 1);
  }
}
