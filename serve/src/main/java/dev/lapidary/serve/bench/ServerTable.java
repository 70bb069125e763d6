package dev.lapidary.serve.bench;

import static dev.lapidary.serve.bench.BenchTable.line;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;

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
      TextTable table =
          new TextTable()
              .numbers("%.1f", "answers/s")
              .numbers("%s", "95 % interval")
              .numbers("%.2f", "p50 ms", "p90 ms", "p99 ms")
              .texts("against the first", "");
      for (int i = 0; i < row.servers().size(); i++) {
        server(table, row.servers().get(i), i == 0);
      }
      text.append(table);
    }
    BenchTable.highestRates(text, report.highestRates());
    line(text, "");
    line(
        text,
        "against the first: answers/s over its, in an open loop its p50 over this one's, with");
    line(
        text,
        "the 95 %% interval over the rounds. ~ before a p99: fewer than 459 calls, too few to claim"
            + " it.");
    return text.toString();
  }

  private static void server(TextTable table, ServerReport.AtServer server, boolean first) {
    BenchReport.Load load = server.load();
    GeometricMean rate = server.perSecond();
    table.row(
        rate.mean(),
        Phrase.of("[%.1f, %.1f]", rate.low(), rate.high()),
        load.p50Millis(),
        load.p90Millis(),
        BenchTable.p99(load),
        first ? "-" : server.againstFirst().text(),
        server.url() + BenchTable.troubles("", load));
  }
}
