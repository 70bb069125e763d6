package dev.lapidary.serve.bench;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** What servers did, for people. */
public final class ServerTable {
  private ServerTable() {}

  public static String of(ServerReport report) {
    StringBuilder text = new StringBuilder();
    line(text, "%s", report.machine());
    line(text, "%s; %d rounds in turn", report.sent(), report.rounds());
    for (ServerReport.Row row : report.rows()) {
      line(text, "");
      if (row.loop().equals("closed")) {
        line(text, "%d clients, each with one request open (closed loop)", row.clients());
      } else {
        line(
            text,
            "%.1f requests a second, come what may (open loop, Poisson); latency counts from when"
                + " a request should have been sent",
            row.offeredPerSecond());
      }
      line(
          text,
          "%9s %19s %9s %9s %10s  %s",
          "answers/s",
          "95 % interval",
          "p50 ms",
          "p90 ms",
          "p99 ms",
          "against the first");
      for (int i = 0; i < row.servers().size(); i++) {
        server(text, row.servers().get(i), i == 0);
      }
    }
    BenchTable.highestRates(text, report.highestRates());
    line(text, "");
    line(
        text,
        "against the first: answers/s over its, in an open loop its p50 over this one's, with");
    line(
        text,
        "the 95 %% interval over the rounds. ~ before a p99: fewer than 459 calls, too few to claim it.");
    return text.toString();
  }

  private static void server(StringBuilder text, ServerReport.AtServer server, boolean first) {
    BenchReport.Load load = server.load();
    GeometricMean rate = server.perSecond();
    ServerReport.Comparison against = server.againstFirst();
    line(
        text,
        "%9.1f %19s %9.2f %9.2f %10s  %s  %s%s",
        rate.mean(),
        say("[%.1f, %.1f]", rate.low(), rate.high()),
        load.p50Millis(),
        load.p90Millis(),
        BenchTable.p99(load),
        first
            ? "-"
            : say(
                "x%.2f [%.2f, %.2f] %s",
                against.ratio(), against.low(), against.high(), against.verdict()),
        server.url(),
        BenchTable.troubles("", load));
  }

  @FormatMethod
  private static String say(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  @FormatMethod
  private static void line(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append(System.lineSeparator());
  }
}
