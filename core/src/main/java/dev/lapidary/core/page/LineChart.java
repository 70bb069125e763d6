package dev.lapidary.core.page;

import dev.lapidary.core.failure.Phrase;
import java.util.ArrayList;
import java.util.List;

/** A chart of lines as inline SVG, with a legend and a text that says what it shows. */
public record LineChart(
    String title, String xTitle, Scale xScale, Scale scale, List<Series> series, List<Mark> marks) {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 250;
  private static final int LEFT = 58;
  private static final int RIGHT = 12;
  private static final int TOP = 10;
  private static final int BOTTOM = 38;
  private static final int TICKS = 5;
  private static final int COLOURS = 8;

  /**
   * Of a line with so few points each has a dot, which tells its numbers where one points at it.
   */
  private static final int MAX_DOTS = 20;

  private static final String FILE_STYLE =
      "svg{background:#fff}text{font:12px sans-serif;fill:#5b6670}.grid{stroke:#d9dee3}"
          + ".axis,.mark{stroke:#5b6670}.mark{stroke-dasharray:3 3}"
          + "polyline{fill:none;stroke:#0969a8;stroke-width:2}circle{fill:#0969a8}";

  /** How an axis runs. */
  public enum Scale {
    LINEAR,
    /** The vertical one, of numbers that a reader compares by their heights. */
    FROM_ZERO,
    /** A horizontal one, of numbers over 0, names those that it has. */
    LOGARITHMIC;

    private double of(double value) {
      return this == LOGARITHMIC ? Math.log10(value) : value;
    }
  }

  /** In the axes' own units. */
  public record Point(double x, double y) {}

  /** Points from left to right. */
  public record Series(String name, List<Point> points) {
    public Series {
      points = List.copyOf(points);
    }
  }

  /** A vertical line with a word on it. */
  public record Mark(double x, String text) {}

  public LineChart {
    series = series.stream().filter(s -> !s.points().isEmpty()).toList();
    marks = List.copyOf(marks);
  }

  public LineChart(
      String title, String xTitle, Scale scale, List<Series> series, List<Mark> marks) {
    this(title, xTitle, Scale.LINEAR, scale, series, marks);
  }

  /** Nothing if there is no point. */
  public String html() {
    List<Point> all = series.stream().flatMap(s -> s.points().stream()).toList();
    if (all.isEmpty()) {
      return "";
    }
    Frame frame = Frame.around(all, xScale, scale);
    StringBuilder out = new StringBuilder("<figure><figcaption>");
    out.append(Html.escape(title)).append("</figcaption>\n");
    out.append(Phrase.of("<svg viewBox='0 0 %d %d' role='img' aria-label='", WIDTH, HEIGHT));
    out.append(Html.escape(spoken())).append("'>\n");
    axes(out, frame);
    for (Mark mark : marks) {
      double x = frame.x(mark.x);
      out.append(Phrase.of("<line class='mark' x1='%.1f' x2='%.1f' y1='%d' ", x, x, TOP));
      out.append(Phrase.of("y2='%d'/>", HEIGHT - BOTTOM));
      boolean left = x > WIDTH - 100;
      out.append(Phrase.of("<text x='%.1f' y='%d' ", left ? x - 4 : x + 4, TOP + 10));
      out.append(left ? "text-anchor='end'>" : ">").append(Html.escape(mark.text));
      out.append("</text>\n");
    }
    for (int i = 0; i < series.size(); i++) {
      line(out, frame, i);
    }
    out.append("</svg>\n");
    legend(out);
    return out.append("</figure>\n").toString();
  }

  /** An SVG file of its own, on white. */
  public String file() {
    String inline = html();
    String body = inline.substring(inline.indexOf("<svg") + 4, inline.indexOf("</svg>"));
    return "<?xml version='1.0' encoding='UTF-8'?>\n<svg xmlns='http://www.w3.org/2000/svg'"
        + body.replaceFirst(">", "><style>" + FILE_STYLE + "</style>")
        + "</svg>\n";
  }

  private void axes(StringBuilder out, Frame frame) {
    int bottom = HEIGHT - BOTTOM;
    for (double y : frame.yTicks()) {
      out.append(Phrase.of("<line class='grid' x1='%d' x2='%d' ", LEFT, WIDTH - RIGHT));
      out.append(Phrase.of("y1='%.1f' y2='%.1f'/>", frame.y(y), frame.y(y)));
      out.append(Phrase.of("<text x='%d' y='%.1f' text-anchor='end'>", LEFT - 6, frame.y(y) + 4));
      out.append(label(y)).append("</text>\n");
    }
    out.append(Phrase.of("<line class='axis' x1='%d' x2='%d' ", LEFT, WIDTH - RIGHT));
    out.append(Phrase.of("y1='%d' y2='%d'/>\n", bottom, bottom));
    for (double x : frame.xTicks()) {
      out.append(Phrase.of("<text x='%.1f' y='%d' ", frame.x(x), bottom + 16));
      out.append("text-anchor='middle'>").append(label(x)).append("</text>");
    }
    out.append(Phrase.of("\n<text x='%d' y='%d' ", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4));
    out.append("text-anchor='middle'>").append(Html.escape(xTitle)).append("</text>\n");
  }

  private void line(StringBuilder out, Frame frame, int index) {
    List<Point> points = series.get(index).points;
    out.append(Phrase.of("<polyline class='%s' points='", style(index)));
    for (Point point : points) {
      if (frame.shows(point)) {
        out.append(Phrase.of("%.1f,%.1f ", frame.x(point.x), frame.y(point.y)));
      }
    }
    out.append("'/>");
    for (Point point : points.size() > MAX_DOTS ? List.<Point>of() : points) {
      if (frame.shows(point)) { // a line of one point would not be seen without it
        out.append(Phrase.of("<circle class='%s' r='3' ", style(index)));
        out.append(Phrase.of("cx='%.1f' cy='%.1f'>", frame.x(point.x), frame.y(point.y)));
        out.append(
            "<title>%s: %s at %s</title></circle>"
                .formatted(Html.escape(series.get(index).name), label(point.y), label(point.x)));
      }
    }
    out.append("\n");
  }

  private void legend(StringBuilder out) {
    out.append("<ul class='legend'>");
    for (int i = 0; i < series.size(); i++) {
      out.append("<li><svg viewBox='0 0 28 10' aria-hidden='true'>");
      out.append(Phrase.of("<polyline class='%s' points='0,5 28,5'/></svg>", style(i)));
      out.append(Html.escape(series.get(i).name)).append("</li>");
    }
    out.append("</ul>\n");
  }

  /** Colour and, so that colour is not all, dashes. */
  private static String style(int index) {
    int dashes = (index + index / COLOURS) % 4;
    return "s" + index % COLOURS + (dashes == 0 ? "" : " d" + dashes);
  }

  private String spoken() {
    StringBuilder text = new StringBuilder(title).append(".");
    for (Series one : series) {
      Point last = one.points.get(one.points.size() - 1);
      text.append(" ").append(one.name).append(" from ");
      text.append(label(one.points.get(0).y)).append(" to ").append(label(last.y)).append(".");
    }
    return text.toString();
  }

  private static String label(double value) {
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < 1e6) {
      return Phrase.of("%d", (long) value);
    }
    return size < 1e-3 || size >= 1e6
        ? Phrase.of("%.1e", value)
        : Phrase.of("%.4f", value).replaceAll("0+$", "");
  }

  /** Where values lie on the page. */
  private record Frame(
      Scale xScale, List<Double> xs, double x0, double x1, Scale yScale, double y0, double y1) {

    static Frame around(List<Point> points, Scale xScale, Scale yScale) {
      boolean log = yScale == Scale.LOGARITHMIC;
      List<Double> ys =
          points.stream()
              .map(Point::y)
              .filter(y -> Double.isFinite(y) && (!log || y > 0))
              .map(yScale::of)
              .toList();
      double low = ys.stream().mapToDouble(y -> y).min().orElse(0);
      double high = ys.stream().mapToDouble(y -> y).max().orElse(1);
      double margin = high > low ? (high - low) * 0.05 : Math.max(1e-3, Math.abs(high) * 0.05);
      List<Double> xs = points.stream().map(Point::x).distinct().sorted().toList();
      double first = xScale.of(xs.get(0));
      double last = xScale.of(xs.get(xs.size() - 1));
      double bottom =
          yScale == Scale.FROM_ZERO
              ? Math.min(0, low)
              : !log && low >= 0 ? Math.max(0, low - margin) : low - margin;
      return new Frame(
          xScale, xs, first, last > first ? last : first + 1, yScale, bottom, high + margin);
    }

    boolean shows(Point point) {
      return Double.isFinite(yScale.of(point.y));
    }

    double x(double value) {
      return LEFT + (WIDTH - LEFT - RIGHT) * (xScale.of(value) - x0) / (x1 - x0);
    }

    double y(double value) {
      return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (yScale.of(value) - y0) / (y1 - y0);
    }

    List<Double> xTicks() {
      return xScale == Scale.LOGARITHMIC ? xs : ticks(x0, x1, 8);
    }

    List<Double> yTicks() {
      List<Double> ticks = ticks(y0, y1, TICKS);
      return yScale == Scale.LOGARITHMIC
          ? ticks.stream().map(t -> Math.pow(10, t)).toList()
          : ticks;
    }

    /** Multiples of 1, 2 or 5 times a power of ten. */
    private static List<Double> ticks(double from, double to, int max) {
      double raw = (to - from) / max;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      double step = power;
      for (int factor : new int[] {1, 2, 5, 10}) {
        step = factor * power;
        if (step >= raw) {
          break;
        }
      }
      List<Double> ticks = new ArrayList<>();
      for (long i = (long) Math.ceil(from / step); i * step <= to; i++) {
        ticks.add(i * step);
      }
      return ticks;
    }
  }
}
