package dev.lapidary.runtime.batch;

import java.time.Duration;

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
}
