package dev.lapidary.serve.bench;

import dev.lapidary.serve.bench.LinePlot.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A report as a page: its plots, and the table for people. It needs no other file. */
public final class BenchPage {
  private static final String STYLE =
      "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;"
          + "color:#222;background:#fff}figure{display:inline-block;width:32em;max-width:100%;"
          + "margin:0 1em 1.5em 0;vertical-align:top}figcaption{font-weight:600}"
          + "svg{width:100%;height:auto}svg text{font-size:12px;fill:#555}.grid{stroke:#ddd}"
          + ".key{margin:0;font-size:13px}pre{overflow-x:auto;background:#f6f6f6;padding:1em}";

  private BenchPage() {}

  public static String of(BenchReport report) {
    Map<String, List<Point>> rates = new LinkedHashMap<>();
    Map<String, List<Point>> times = new LinkedHashMap<>();
    for (BenchReport.InProcess row : report.inProcess()) {
      add(rates, row.form(), row.batch(), row.load().imagesPerSecond());
      add(times, row.form(), row.batch(), row.load().p50Millis());
    }
    String model = "%s version %s".formatted(report.model().name(), report.model().version());
    String plots =
        plot("The network alone: images a second", "images in a batch", rates)
            + plot("The network alone: ms of a batch, in the middle", "images in a batch", times)
            + plot("Over HTTP: images a second", "clients", http(report, l -> l.imagesPerSecond()))
            + plot(
                "Over HTTP: ms of a request, in the middle",
                "clients",
                http(report, l -> l.p50Millis()))
            + plot(
                "Over HTTP: p99 of a request in ms", "clients", http(report, l -> l.p99Millis()));
    return page("Does batching pay? " + model, plots, BenchTable.of(report));
  }

  private static Map<String, List<Point>> http(
      BenchReport report, ToDoubleFunction<BenchReport.Load> number) {
    Map<String, List<Point>> lines = new LinkedHashMap<>();
    for (BenchReport.Http row : report.http()) {
      add(lines, "single", row.concurrency(), number.applyAsDouble(row.single()));
      add(lines, "batched", row.concurrency(), number.applyAsDouble(row.batched()));
      for (BenchReport.Other other : row.others()) {
        add(lines, other.name(), row.concurrency(), number.applyAsDouble(other.load()));
      }
    }
    return lines;
  }

  public static String of(ServerReport report) {
    StringBuilder plots = new StringBuilder();
    for (String loop : List.of("closed", "open")) {
      Map<String, List<Point>> rates = new LinkedHashMap<>();
      Map<String, List<Point>> middle = new LinkedHashMap<>();
      Map<String, List<Point>> late = new LinkedHashMap<>();
      for (ServerReport.Row row : report.rows()) {
        if (row.loop().equals(loop)) {
          double x = loop.equals("closed") ? row.clients() : row.offeredPerSecond();
          for (ServerReport.AtServer at : row.servers()) {
            add(rates, at.url(), x, at.perSecond().mean());
            add(middle, at.url(), x, at.load().p50Millis());
            add(late, at.url(), x, at.load().p99Millis());
          }
        }
      }
      String across = loop.equals("closed") ? "clients" : "requests a second that come";
      plots.append(plot("Answers a second", across, rates));
      plots.append(plot("ms of a request, in the middle", across, middle));
      plots.append(plot("p99 of a request in ms", across, late));
    }
    return page("Servers under load", plots.toString(), ServerTable.of(report));
  }

  private static void add(Map<String, List<Point>> lines, String name, double x, double y) {
    lines.computeIfAbsent(name, first -> new ArrayList<>()).add(new Point(x, y));
  }

  private static String plot(String title, String across, Map<String, List<Point>> lines) {
    LinePlot plot = new LinePlot(title, across);
    lines.forEach(plot::line);
    return plot.html();
  }

  private static String page(String title, String plots, String table) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width\"><title>"
        + escape(title)
        + "</title><style>"
        + STYLE
        + "</style></head><body>\n<h1>"
        + escape(title)
        + "</h1>\n"
        + plots
        + "<pre>"
        + escape(table)
        + "</pre>\n</body></html>\n";
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
