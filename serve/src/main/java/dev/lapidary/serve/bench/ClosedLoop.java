package dev.lapidary.serve.bench;

import java.time.Duration;

/** Clients that each send one request, wait for its answer, and send the next. */
final class ClosedLoop implements Contender {
  private final Sending sending;
  private final int clients;

  ClosedLoop(Sending sending, int clients) {
    this.sending = sending;
    this.clients = clients;
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    long answeredBefore = samples.answered();
    long began = System.nanoTime();
    Contender.together(
        clients,
        () -> {
          do {
            sending.once(samples);
          } while (System.nanoTime() - began < time.toNanos());
          return 0L;
        });
    samples.round(samples.answered() - answeredBefore, System.nanoTime() - began);
  }
}
