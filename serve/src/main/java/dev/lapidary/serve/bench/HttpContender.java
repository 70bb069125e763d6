package dev.lapidary.serve.bench;

import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.serve.http.PredictionServer;
import java.time.Duration;

/** Clients of a server in this process, which tells how large its batches are. */
final class HttpContender implements Contender {
  private final PredictionServer server;
  private final ClosedLoop clients;

  HttpContender(PredictionServer server, Sending sending, int clients) {
    this.server = server;
    this.clients = new ClosedLoop(sending, clients);
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    BatchStatistics.Snapshot before = server.batches();
    clients.measure(time, samples);
    BatchStatistics.Snapshot after = server.batches();
    samples.batches(after.images() - before.images(), after.batches() - before.batches());
  }
}
