package dev.lapidary.exporter.report;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import dev.lapidary.core.page.LineChart;
import dev.lapidary.core.page.LineChart.Mark;
import dev.lapidary.core.page.LineChart.Point;
import dev.lapidary.core.page.LineChart.Scale;
import dev.lapidary.core.page.LineChart.Series;
import dev.lapidary.exporter.quantize.CurvePoint;
import dev.lapidary.exporter.quantize.Loss;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How fast a file can be for what it may lose: all choices of layers that were held to the guard.
 */
final class HarmCurve {
  /** Points of accuracy, or of mAP, to tell what {@code --max-drop} gives. */
  private static final double[] DROPS = {0, 0.1, 0.25, 0.5, 1, 2, 5};

  private HarmCurve() {}

  /**
   * @param maxDrop as it was given, in points
   */
  static Html of(List<CurvePoint> curve, double maxDrop) {
    Optional<Loss> loss = curve.get(0).verdict().loss();
    return Html.of(
        "<h2 id='curve'>Speed against harm</h2>\n<p class='soft'>By the table of costs, of layers with"
            + " weights alone; {} choices of layers were held to the guard.</p>\n<div class='charts'>\n{}"
            + "{}</div>\n{}{}",
        curve.size(),
        loss.map(l -> chart("Points of " + Int8Page.measure(l) + " lost", curve)).orElse(Html.NONE),
        margins(curve),
        loss.map(l -> drops(curve, maxDrop))
            .orElse(Html.of("<p class='soft'>--max-drop is about images with labels.</p>\n")),
        table(curve));
  }

  private static Html chart(String title, List<CurvePoint> curve) {
    return line(title, curve, point -> 100 * lost(point));
  }

  private static Html margins(List<CurvePoint> curve) {
    return line("Margins moved, in %", curve, point -> 100 * point.verdict().marginNoise());
  }

  private static Html line(
      String title, List<CurvePoint> curve, ToDoubleFunction<CurvePoint> harm) {
    List<CurvePoint> slowest =
        curve.stream().sorted(Comparator.comparingDouble(CurvePoint::speedup)).toList();
    List<Point> points =
        slowest.stream()
            .map(point -> new Point(point.speedup(), harm.applyAsDouble(point)))
            .toList();
    List<Mark> marks =
        curve.stream()
            .filter(CurvePoint::chosen)
            .map(point -> new Mark(point.speedup(), "chosen"))
            .toList();
    return new Html(
        new LineChart(
                title,
                "times float32's speed",
                Scale.LINEAR,
                List.of(new Series("choices of layers", points)),
                marks)
            .html());
  }

  private static Html drops(List<CurvePoint> curve, double maxDrop) {
    HtmlTable table =
        new HtmlTable()
            .rowHead("--max-drop")
            .numbers("times float32's speed", "points lost", "layers back on floats");
    for (double drop : DROPS) {
      Optional<CurvePoint> best =
          curve.stream()
              .filter(point -> 100 * lost(point) <= drop + 1e-9)
              .max(Comparator.comparingDouble(CurvePoint::speedup));
      String name = Phrase.of("%s%s", drop, drop == maxDrop ? " (given)" : "");
      if (best.isPresent()) {
        table.row(
            name,
            Phrase.of("%.2f", best.get().speedup()),
            Phrase.of("%.2f", 100 * lost(best.get())),
            best.get().floats());
      } else {
        table.row(name, "nothing that was tried", "", "");
      }
    }
    return Html.of(
        "<h3>What another --max-drop would give</h3>\n<p class='soft'>Of what was tried for this one; a"
            + " search for another may find more.</p>\n{}\n",
        table.scrolling());
  }

  private static double lost(CurvePoint point) {
    return point.verdict().loss().map(Loss::drop).orElse(0.0);
  }

  private static Html table(List<CurvePoint> curve) {
    HtmlTable table =
        new HtmlTable()
            .rowHead("layers back on floats")
            .numbers("times float32's speed", "as float32", "margins moved")
            .texts("guard");
    if (curve.get(0).verdict().loss().isPresent()) {
      table.numbers("points lost");
    }
    for (CurvePoint point : curve) {
      String passes = point.verdict().passes() ? "passes" : "refuses";
      table.row(
          point.floats(),
          Phrase.of("%.2f", point.speedup()),
          Html.percent(point.verdict().agreement()),
          Phrase.of("%.1f %%", 100 * point.verdict().marginNoise()),
          point.chosen() ? passes + ", chosen" : passes,
          Phrase.of("%.2f", 100 * lost(point)));
    }
    return Html.of("<h3>All that was tried</h3>\n{}\n", table.scrolling());
  }
}
