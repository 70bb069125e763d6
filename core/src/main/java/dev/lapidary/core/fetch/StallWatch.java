package dev.lapidary.core.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/** Closes a stream from which nothing comes any more: {@code java.net.http} waits for ever. */
final class StallWatch implements AutoCloseable {
  private final InputStream stream;
  private final long idleNanos;
  private final Thread thread;
  private volatile long moved = System.nanoTime();

  StallWatch(InputStream stream, Duration idle) {
    this.stream = stream;
    this.idleNanos = idle.toNanos();
    this.thread = new Thread(this::watch, "stall watch");
    thread.setDaemon(true);
    thread.start();
  }

  /** Something came. */
  void moved() {
    moved = System.nanoTime();
  }

  private void watch() {
    try {
      for (long left = idleNanos; left > 0; left = moved + idleNanos - System.nanoTime()) {
        Thread.sleep(left / 1_000_000 + 1);
      }
      stream.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed in time
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
