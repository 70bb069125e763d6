package dev.lapidary.serve.http;

import dev.lapidary.core.thread.DaemonThreads;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** All request bodies that are being read, and the watch over how fast they come. Thread-safe. */
final class Bodies implements AutoCloseable {
  private static final long CHECK_MILLIS = 500;

  /** A body that comes slower holds memory that another one could have used and given back. */
  private static final long SLOW_BYTES_PER_SECOND = 256 << 10;

  private final Set<BodyReader> reading = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("lapidary-bodies"));

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the watch
  Bodies(ServerSettings.Timeouts timeouts) {
    watch.scheduleWithFixedDelay(
        () -> reading.forEach(body -> body.check(System.nanoTime(), timeouts)),
        CHECK_MILLIS,
        CHECK_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  void add(BodyReader body) {
    reading.add(body);
  }

  void remove(BodyReader body) {
    reading.remove(body);
  }

  /** Ends the largest of the slow bodies beside this one. Returns false if there is none. */
  boolean dropSlowerThan(BodyReader body) {
    Optional<BodyReader> slow =
        reading.stream()
            .filter(other -> other != body && other.size() > 0)
            .filter(other -> other.isOlderThan(2 * TimeUnit.MILLISECONDS.toNanos(CHECK_MILLIS)))
            .filter(other -> other.recentBytesPerSecond() < SLOW_BYTES_PER_SECOND)
            .max(Comparator.comparingInt(BodyReader::size));
    slow.ifPresent(other -> other.giveWay());
    return slow.isPresent();
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
