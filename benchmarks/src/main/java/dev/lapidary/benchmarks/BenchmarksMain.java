package dev.lapidary.benchmarks;

import java.util.Arrays;

/**
 * {@code bin/benchmark NAME [ARGUMENT...]}: {@code blocked-layout}, {@code checkpoint}, {@code
 * features}, {@code classifier}, {@code memory}, {@code memory-format}, {@code rounds}, {@code
 * serving}, {@code speed}, {@code starts} and {@code threads-wait} are programs; anything else are
 * JMH's own arguments ({@code ImageBench.resize -p image=photo-420.jpg}).
 */
public final class BenchmarksMain {
  private BenchmarksMain() {}

  public static void main(String[] arguments) throws Exception {
    String[] given = arguments.length > 0 ? arguments : new String[] {"-l"};
    String[] others = Arrays.copyOfRange(given, 1, given.length);
    switch (given[0]) {
      case "blocked-layout" -> BlockedLayoutBench.main(others);
      case "checkpoint" -> CheckpointBench.main(others);
      case "classifier" -> ClassifierBench.main(others);
      case "features" -> FeatureBench.main(others);
      case "memory" -> MemoryBench.main(others);
      case "memory-format" -> MemoryFormatBench.main(others);
      case "rounds" -> RoundsBench.main(others);
      case "serving" -> ServingBench.main(others);
      case "speed" -> SpeedBench.main(others);
      case "starts" -> StartBench.main(others);
      case "threads-wait" -> ThreadsWaitBench.main(others);
      default -> org.openjdk.jmh.Main.main(given);
    }
  }
}
