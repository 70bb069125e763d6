package dev.lapidary.serve.bench;

import java.time.Duration;

/** One way to run the same network, measured in turn with the others. */
interface Contender {
  /** Runs for about the time, at least once, and records what it saw. */
  void measure(Duration time, Samples samples) throws Exception;
}
