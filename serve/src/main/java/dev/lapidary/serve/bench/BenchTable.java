package dev.lapidary.serve.bench;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Locale;

/** The report for people. */
public final class BenchTable {
  private BenchTable() {}

  public static String of(BenchReport report) {
    StringBuilder text = new StringBuilder();
    BenchReport.Model model = report.model();
    line(text, "%s", report.machine());
    line(
        text,
        "model %s version %s, %s, sha256 %s; %d images; %d threads; %d rounds in turn",
        model.name(),
        model.version(),
        model.precision(),
        model.sha256().substring(0, 12),
        report.images(),
        report.threads(),
        report.rounds());
    inProcess(text, report.inProcess());
    http(text, report.http());
    line(text, "");
    line(text, "gain: images/s over the single one's, 95 %% interval over the rounds; \"no gain\"");
    line(text, "if that includes 1. ~ before a p99: fewer than 459 calls, too few to claim it.");
    line(text, "The clients share the machine with the server.");
    return text.toString();
  }

  private static void inProcess(StringBuilder text, List<BenchReport.InProcess> rows) {
    line(text, "");
    line(text, "In-process, the network alone (a call is one batch)");
    line(text, "%7s %10s %9s %10s  %s", "batch", "images/s", "p50 ms", "p99 ms", "gain");
    for (BenchReport.InProcess row : rows) {
      BenchReport.Load load = row.load();
      String gain = row.batch() == 1 ? "-" : row.gain().text();
      line(
          text,
          "%7d %10.1f %9.2f %10s  %s",
          row.batch(),
          load.imagesPerSecond(),
          load.p50Millis(),
          p99(load),
          gain);
    }
  }

  private static void http(StringBuilder text, List<BenchReport.Http> rows) {
    line(text, "");
    line(text, "Over HTTP, POST /predict with an image file (a call is one request)");
    line(
        text,
        "%7s %10s %9s %10s %11s %9s %10s %6s  %s",
        "clients",
        "single/s",
        "p50 ms",
        "p99 ms",
        "batched/s",
        "p50 ms",
        "p99 ms",
        "batch",
        "gain");
    for (BenchReport.Http row : rows) {
      line(
          text,
          "%7d %10.1f %9.2f %10s %11.1f %9.2f %10s %6.1f  %s%s%s",
          row.concurrency(),
          row.single().imagesPerSecond(),
          row.single().p50Millis(),
          p99(row.single()),
          row.batched().imagesPerSecond(),
          row.batched().p50Millis(),
          p99(row.batched()),
          row.batched().meanBatch(),
          row.gain().text(),
          troubles("single: ", row.single()),
          troubles("batched: ", row.batched()));
    }
  }

  static String p99(BenchReport.Load load) {
    return String.format(Locale.ROOT, "%s%.2f", load.p99Supported() ? "" : "~", load.p99Millis());
  }

  static String troubles(String which, BenchReport.Load load) {
    if (load.refused() + load.failed() + load.otherArgmax() == 0) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "; %s%d refused, %d failed, %d of another class than alone",
        which,
        load.refused(),
        load.failed(),
        load.otherArgmax());
  }

  @FormatMethod
  private static void line(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append(System.lineSeparator());
  }
}
