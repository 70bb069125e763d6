package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        running.add(
            threads.submit(
                () -> {
                  do {
                    sending.once(samples);
                  } while (System.nanoTime() - began < time.toNanos());
                  return true;
                }));
      }
      for (Future<?> client : running) {
        client.get();
      }
    } finally {
      threads.shutdownNow();
    }
    samples.round(samples.answered() - answeredBefore, System.nanoTime() - began);
  }
}
