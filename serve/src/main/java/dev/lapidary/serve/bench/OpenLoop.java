package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Requests that come as those of many people do, whether the server keeps up or not: a Poisson
 * process of one rate. A request's time counts from when it should have been sent, so a server that
 * holds the sender up is not the better for it.
 */
final class OpenLoop implements Contender {
  /** Each is a connection, and a machine has not endlessly many. */
  private static final int MAX_IN_FLIGHT = 512;

  private final Sending sending;
  private final double perSecond;
  private final Random random;

  /**
   * @param seed of the times between requests: the same for all servers that are compared
   */
  OpenLoop(Sending sending, double perSecond, long seed) {
    this.sending = sending;
    this.perSecond = perSecond;
    this.random = new Random(seed);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it gives its permit back, whatever happens
  public void measure(Duration time, Samples samples) throws Exception {
    long answeredBefore = samples.answered();
    Semaphore room = new Semaphore(MAX_IN_FLIGHT);
    long began = System.nanoTime();
    double nextNanos = gapNanos();
    do {
      long scheduled = began + (long) nextNanos;
      awaitTime(scheduled);
      room.acquire();
      sending.later(scheduled, samples).whenComplete((end, error) -> room.release());
      nextNanos += gapNanos();
    } while (nextNanos < time.toNanos());
    room.acquire(MAX_IN_FLIGHT); // all have ended: each request has a timeout of its own
    samples.round(samples.answered() - answeredBefore, System.nanoTime() - began);
  }

  /** Between two that come independently of each other. */
  private double gapNanos() {
    return -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
  }

  private static void awaitTime(long nanos) throws InterruptedException {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }
}
