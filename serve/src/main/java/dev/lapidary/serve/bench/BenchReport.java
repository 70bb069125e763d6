package dev.lapidary.serve.bench;

import java.util.List;

/**
 * All that one run measured.
 *
 * @param machine processor, cores, load before, Java and ONNX Runtime
 * @param images distinct image files that were sent
 * @param rounds that were run, each with all contenders in turn
 * @param inProcess the network alone, on tensors
 * @param http whole requests, decoding included, the clients on the same machine
 * @param highestRates of each way to run it, within the bound that was asked for; empty without one
 */
public record BenchReport(
    String machine,
    Model model,
    int images,
    int threads,
    int rounds,
    List<InProcess> inProcess,
    List<Http> http,
    List<HighestRate> highestRates) {

  public record Model(String name, String version, String sha256, String precision) {}

  /**
   * @param imagesPerSecond median over the rounds
   * @param p50Millis of a call
   * @param p90Millis of a call
   * @param p99Millis of a call
   * @param p99Supported whether there were calls enough to claim it
   * @param answered calls, all rounds together
   * @param refused calls with 429 or 503
   * @param failed calls with any other error
   * @param otherArgmax answers whose class is not that of the image run alone
   * @param meanBatch images that ran together, on average
   */
  public record Load(
      double imagesPerSecond,
      double p50Millis,
      double p90Millis,
      double p99Millis,
      boolean p99Supported,
      long answered,
      long refused,
      long failed,
      long otherArgmax,
      double meanBatch) {}

  /**
   * @param runs that went on at a time
   * @param threads of each run
   * @param gain in images a second, against batch 1 of the first form
   */
  public record InProcess(int runs, int threads, int batch, Load load, Gain gain) {
    /** In a few words. */
    String form() {
      return "%d x %d threads".formatted(runs, threads);
    }
  }

  /**
   * @param single a server that runs each image alone
   * @param batched a server that runs what has queued
   * @param gain in images a second, batched against single
   * @param others other ways to run it
   */
  public record Http(int concurrency, Load single, Load batched, Gain gain, List<Other> others) {}

  /**
   * @param name in a few words
   * @param gain in images a second, against single
   */
  public record Other(String name, Load load, Gain gain) {}
}
