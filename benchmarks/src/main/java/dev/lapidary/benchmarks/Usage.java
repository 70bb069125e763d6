package dev.lapidary.benchmarks;

/** How a benchmark is called. */
final class Usage {
  private Usage() {}

  /** Unless it was called so, says how, and ends the program. */
  static void require(boolean right, String words) {
    if (!right) {
      System.err.println("error: usage: bin/benchmark " + words);
      System.exit(2);
    }
  }
}
