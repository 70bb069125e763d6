package dev.lapidary.serve.bench;

import com.google.errorprone.annotations.FormatMethod;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import java.util.List;

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
    TextTable table =
        new TextTable()
            .numbers("%s", "runs x threads")
            .numbers("%d", "batch")
            .numbers("%.1f", "images/s")
            .numbers("%.2f", "p50 ms", "p99 ms")
            .texts("gain");
    for (BenchReport.InProcess row : rows) {
      BenchReport.Load load = row.load();
      String gain = row.equals(rows.get(0)) ? "-" : row.gain().text();
      table.row(row.form(), row.batch(), load.imagesPerSecond(), load.p50Millis(), p99(load), gain);
    }
    text.append(table);
  }

  private static void http(StringBuilder text, List<BenchReport.Http> rows) {
    line(text, "");
    line(text, "Over HTTP, POST /predict with an image file (a call is one request)");
    TextTable table =
        new TextTable()
            .numbers("%d", "clients")
            .numbers("%.1f", "single/s")
            .numbers("%.2f", "p50 ms", "p99 ms")
            .numbers("%.1f", "batched/s")
            .numbers("%.2f", "p50 ms", "p99 ms")
            .numbers("%.1f", "batch")
            .texts("gain");
    for (BenchReport.Http row : rows) {
      BenchReport.Load single = row.single();
      BenchReport.Load batched = row.batched();
      table.row(
          row.concurrency(),
          single.imagesPerSecond(),
          single.p50Millis(),
          p99(single),
          batched.imagesPerSecond(),
          batched.p50Millis(),
          p99(batched),
          batched.meanBatch(),
          row.gain().text() + troubles("single: ", single) + troubles("batched: ", batched));
    }
    text.append(table);
    others(text, rows);
  }

  private static void others(StringBuilder text, List<BenchReport.Http> rows) {
    if (rows.stream().allMatch(row -> row.others().isEmpty())) {
      return;
    }
    line(text, "");
    TextTable table =
        new TextTable()
            .numbers("%d", "clients")
            .numbers("%s", "runs x threads")
            .numbers("%.1f", "images/s")
            .numbers("%.2f", "p50 ms", "p99 ms")
            .texts("gain over single");
    for (BenchReport.Http row : rows) {
      for (BenchReport.Other other : row.others()) {
        BenchReport.Load load = other.load();
        table.row(
            row.concurrency(),
            other.name(),
            load.imagesPerSecond(),
            load.p50Millis(),
            p99(load),
            other.gain().text() + troubles("", load));
      }
    }
    text.append(table);
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
    TextTable table =
        new TextTable()
            .numbers("%.1f", "requests/s", "too many")
            .numbers("%.2f", "p99 ms")
            .numbers("%d", "answered")
            .texts("");
    for (HighestRate rate : rates) {
      table.row(
          rate.perSecond(),
          rate.tooManyPerSecond(),
          p99(rate.p99Millis(), rate.p99Supported()),
          rate.answered(),
          rate.server());
    }
    text.append(table);
  }

  static String p99(BenchReport.Load load) {
    return p99(load.p99Millis(), load.p99Supported());
  }

  private static String p99(double millis, boolean supported) {
    return Phrase.of("%s%.2f", supported ? "" : "~", millis);
  }

  static String troubles(String which, BenchReport.Load load) {
    if (load.refused() + load.failed() + load.otherArgmax() == 0) {
      return "";
    }
    return Phrase.of(
        "; %s%d refused, %d failed, %d of another class than alone",
        which, load.refused(), load.failed(), load.otherArgmax());
  }

  @FormatMethod
  static void line(StringBuilder text, String format, Object... arguments) {
    text.append(Phrase.of(format, arguments)).append(System.lineSeparator());
  }
}
