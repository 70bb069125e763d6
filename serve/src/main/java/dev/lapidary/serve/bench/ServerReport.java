package dev.lapidary.serve.bench;

import java.util.List;

/**
 * What servers did under the same loads, in turn.
 *
 * @param machine processor, cores and load before, of the machine that the clients are on
 * @param sent in words
 * @param rows a load each
 * @param highestRates of each server, within the bound that was asked for; empty without one
 */
public record ServerReport(
    String machine, String sent, int rounds, List<Row> rows, List<HighestRate> highestRates) {
  /**
   * @param loop {@code closed}: clients that wait for an answer before they ask again; {@code
   *     open}: a Poisson process, latency counted from when a request should have been sent
   * @param clients of a closed loop; 0 of an open one
   * @param offeredPerSecond of an open loop; 0 of a closed one
   * @param servers in the order in which they were named
   */
  public record Row(String loop, int clients, double offeredPerSecond, List<AtServer> servers) {}

  /**
   * @param perSecond requests answered a second, over the rounds
   * @param againstFirst in answers a second, or in an open loop in the middle latency's inverse; of
   *     the first server itself 1
   */
  public record AtServer(
      String url, BenchReport.Load load, GeometricMean perSecond, Gain againstFirst) {}
}
