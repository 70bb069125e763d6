package dev.lapidary.serve.bench;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.LineChart;
import dev.lapidary.core.page.LineChart.Point;
import dev.lapidary.core.page.LineChart.Scale;
import dev.lapidary.core.page.LineChart.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A report as a page: its charts, and the table for people. It needs no other file. */
public final class BenchPage {
  private BenchPage() {}

  /** What was measured at one point of the horizontal axis. */
  private record Dot(String line, double x, double perSecond, BenchReport.Load load) {
    Dot(String line, double x, BenchReport.Load load) {
      this(line, x, load.imagesPerSecond(), load);
    }

    double middle() {
      return load.p50Millis();
    }

    double late() {
      return load.p99Millis();
    }
  }

  public static String of(BenchReport report) {
    List<Dot> alone =
        report.inProcess().stream().map(r -> new Dot(r.form(), r.batch(), r.load())).toList();
    List<Dot> http = new ArrayList<>();
    for (BenchReport.Http row : report.http()) {
      http.add(new Dot("single", row.concurrency(), row.single()));
      http.add(new Dot("batched", row.concurrency(), row.batched()));
      row.others()
          .forEach(other -> http.add(new Dot(other.name(), row.concurrency(), other.load())));
    }
    return page(
        "Does batching pay? %s version %s"
            .formatted(report.model().name(), report.model().version()),
        BenchTable.of(report),
        chart("The network alone: images a second", "images in a batch", alone, Dot::perSecond),
        chart(
            "The network alone: ms of a batch, in the middle",
            "images in a batch",
            alone,
            Dot::middle),
        chart("Over HTTP: images a second", "clients", http, Dot::perSecond),
        chart("Over HTTP: ms of a request, in the middle", "clients", http, Dot::middle),
        chart("Over HTTP: p99 of a request in ms", "clients", http, Dot::late));
  }

  public static String of(ServerReport report) {
    List<Dot> closed = new ArrayList<>();
    List<Dot> open = new ArrayList<>();
    for (ServerReport.Row row : report.rows()) {
      boolean isOpen = row.loop().equals("open");
      double x = isOpen ? row.offeredPerSecond() : row.clients();
      for (ServerReport.AtServer at : row.servers()) {
        (isOpen ? open : closed).add(new Dot(at.url(), x, at.perSecond().mean(), at.load()));
      }
    }
    return page(
        "Servers under load",
        ServerTable.of(report),
        loop("clients", closed),
        loop("requests a second that come", open));
  }

  private static Html loop(String across, List<Dot> dots) {
    return Html.join(
        chart("Answers a second", across, dots, Dot::perSecond),
        chart("ms of a request, in the middle", across, dots, Dot::middle),
        chart("p99 of a request in ms", across, dots, Dot::late));
  }

  private static Html chart(
      String title, String across, List<Dot> dots, ToDoubleFunction<Dot> number) {
    Map<String, List<Point>> lines =
        dots.stream()
            .collect(
                groupingBy(
                    Dot::line,
                    LinkedHashMap::new,
                    mapping(dot -> new Point(dot.x(), number.applyAsDouble(dot)), toList())));
    List<Series> series = new ArrayList<>();
    lines.forEach((name, points) -> series.add(new Series(name, points)));
    return new Html(
        new LineChart(title, across, Scale.LOGARITHMIC, Scale.FROM_ZERO, series, List.of()).html());
  }

  private static String page(String title, String table, Html... charts) {
    return Html.page(
        title,
        Html.of("<h1>{}</h1>\n", title),
        Html.of(
            "<div class='charts'>\n{}</div>\n<pre class='scroll'>{}</pre>\n",
            Html.join(charts),
            Html.join(table.lines().map(line -> Html.of("{}\n", line)).toList())));
  }
}
