package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One way to run the same network, measured in turn with the others. */
interface Contender {
  /** Runs for about the time, at least once, and records what it saw. */
  void measure(Duration time, Samples samples) throws Exception;

  /** Does the same on so many threads at a time. Returns the sum of what they return. */
  static long together(int threads, Callable<Long> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long sum = 0;
      for (Future<Long> each : pool.invokeAll(Collections.nCopies(threads, work))) {
        sum += each.get();
      }
      return sum;
    } finally {
      pool.shutdownNow();
    }
  }
}
