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
    highestRates(text, report.highestRates());
    line(text, "");
    line(text, "gain: images/s over the single one's, 95 %% interval over the rounds; \"no gain\"");
    line(text, "if that includes 1. ~ before a p99: fewer than 459 calls, too few to claim it.");
    line(text, "The clients share the machine with the server.");
    return text.toString();
  }

  private static void inProcess(StringBuilder text, List<BenchReport.InProcess> rows) {
    line(text, "");
    line(text, "In-process, the network alone (a call is one batch)");
    line(
        text,
        "%15s %7s %10s %9s %10s  %s",
        "runs x threads",
        "batch",
        "images/s",
        "p50 ms",
        "p99 ms",
        "gain");
    for (BenchReport.InProcess row : rows) {
      BenchReport.Load load = row.load();
      String gain = row.equals(rows.get(0)) ? "-" : row.gain().text();
      line(
          text,
          "%15s %7d %10.1f %9.2f %10s  %s",
          row.form(),
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
    others(text, rows);
  }

  private static void others(StringBuilder text, List<BenchReport.Http> rows) {
    if (rows.stream().allMatch(row -> row.others().isEmpty())) {
      return;
    }
    line(text, "");
    line(
        text,
        "%7s %15s %10s %9s %10s  %s",
        "clients",
        "runs x threads",
        "images/s",
        "p50 ms",
        "p99 ms",
        "gain over single");
    for (BenchReport.Http row : rows) {
      for (BenchReport.Other other : row.others()) {
        line(
            text,
            "%7d %15s %10.1f %9.2f %10s  %s%s",
            row.concurrency(),
            other.name(),
            other.load().imagesPerSecond(),
            other.load().p50Millis(),
            p99(other.load()),
            other.gain().text(),
            troubles("", other.load()));
      }
    }
  }

  static void highestRates(StringBuilder text, List<HighestRate> rates) {
    if (rates.isEmpty()) {
      return;
    }
    line(text, "");
    line(
        text,
        "Highest rate with 99 of 100 answered within %.0f ms (Poisson; what is refused is late)",
        rates.get(0).boundMillis());
    line(text, "%10s %12s %10s %9s", "requests/s", "too many", "p99 ms", "answered");
    for (HighestRate rate : rates) {
      line(
          text,
          "%10.1f %12.1f %10s %9d  %s",
          rate.perSecond(),
          rate.tooManyPerSecond(),
          p99(rate.p99Millis(), rate.p99Supported()),
          rate.answered(),
          rate.server());
    }
  }

  static String p99(BenchReport.Load load) {
    return p99(load.p99Millis(), load.p99Supported());
  }

  private static String p99(double millis, boolean supported) {
    return String.format(Locale.ROOT, "%s%.2f", supported ? "" : "~", millis);
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
