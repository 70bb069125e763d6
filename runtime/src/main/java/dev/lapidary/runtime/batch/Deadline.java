package dev.lapidary.runtime.batch;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * When an answer is of no more use.
 *
 * @param atNanos on the clock of {@link System#nanoTime()}
 */
public record Deadline(long atNanos) {
  public static Deadline after(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  public boolean hasPassed() {
    return leftNanos() <= 0;
  }

  public long leftNanos() {
    return atNanos - System.nanoTime();
  }

  /**
   * Waits until it is so.
   *
   * @param monitor that the caller holds, and is notified of what changes
   * @return false if the deadline passed before
   */
  public boolean await(Object monitor, BooleanSupplier done) throws InterruptedException {
    while (!done.getAsBoolean()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(leftNanos());
      if (millis <= 0) {
        return false;
      }
      monitor.wait(millis);
    }
    return true;
  }
}
