package dev.lapidary.serve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lines over a logarithmic axis, as an SVG that needs nothing else. */
final class LinePlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 320;
  private static final int LEFT = 64;
  private static final int RIGHT = 16;
  private static final int TOP = 12;
  private static final int BOTTOM = 44;
  private static final int MARKS = 5;
  private static final List<String> COLOURS =
      List.of("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf");

  private final String title;
  private final String across;
  private final List<Line> lines = new ArrayList<>();

  /** Points by ascending x, all over 0. */
  private record Line(String name, List<Point> points) {}

  /** Both over 0. */
  record Point(double x, double y) {}

  /**
   * @param title what the height is
   * @param across what the axis is
   */
  LinePlot(String title, String across) {
    this.title = title;
    this.across = across;
  }

  LinePlot line(String name, List<Point> points) {
    lines.add(new Line(name, points));
    return this;
  }

  /** A figure of HTML, or nothing where no line has a point. */
  String html() {
    double maximum = points().stream().mapToDouble(Point::y).max().orElse(0);
    if (maximum <= 0) {
      return "";
    }
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<figure><figcaption>%s</figcaption><svg viewBox=\"0 0 %d %d\" role=\"img\">",
        BenchPage.escape(title),
        WIDTH,
        HEIGHT);
    axes(svg, maximum);
    for (int i = 0; i < lines.size(); i++) {
      draw(svg, lines.get(i), COLOURS.get(i % COLOURS.size()), maximum);
    }
    svg.append("</svg><p class=\"key\">");
    for (int i = 0; i < lines.size(); i++) {
      add(
          svg,
          "<span style=\"color:%s\">&#9632; %s</span> ",
          COLOURS.get(i % COLOURS.size()),
          BenchPage.escape(lines.get(i).name()));
    }
    return svg.append("</p></figure>\n").toString();
  }

  private List<Point> points() {
    return lines.stream().flatMap(line -> line.points().stream()).toList();
  }

  private double x(double value) {
    double first = points().stream().mapToDouble(Point::x).min().orElse(1);
    double last = points().stream().mapToDouble(Point::x).max().orElse(1);
    double share = last == first ? 0.5 : Math.log(value / first) / Math.log(last / first);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value, double maximum) {
    return HEIGHT - BOTTOM - value / maximum * (HEIGHT - TOP - BOTTOM);
  }

  private void axes(StringBuilder svg, double maximum) {
    for (int i = 0; i <= MARKS; i++) {
      double value = maximum * i / MARKS;
      add(
          svg,
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
              + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT,
          WIDTH - RIGHT,
          y(value, maximum),
          y(value, maximum),
          LEFT - 6,
          y(value, maximum) + 4,
          number(value));
    }
    points().stream()
        .mapToDouble(Point::x)
        .distinct()
        .forEach(
            value ->
                add(
                    svg,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x(value),
                    HEIGHT - BOTTOM + 18,
                    number(value)));
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 6,
        BenchPage.escape(across));
  }

  private void draw(StringBuilder svg, Line line, String colour, double maximum) {
    StringBuilder path = new StringBuilder();
    for (Point point : line.points()) {
      add(path, "%.1f,%.1f ", x(point.x()), y(point.y(), maximum));
    }
    add(
        svg,
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>",
        colour,
        path.toString().strip());
    for (Point point : line.points()) {
      add(
          svg,
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %s at %s</title></circle>",
          x(point.x()),
          y(point.y(), maximum),
          colour,
          BenchPage.escape(line.name()),
          number(point.y()),
          number(point.x()));
    }
  }

  private static String number(double value) {
    String format = value >= 100 || value == Math.rint(value) ? "%.0f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  private static void add(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments));
  }
}
