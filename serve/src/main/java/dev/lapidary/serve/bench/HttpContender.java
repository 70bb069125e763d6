package dev.lapidary.serve.bench;

import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.serve.http.PredictionServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Clients of a server in this process, which tells how large its batches are. */
final class HttpContender implements Contender {
  private final PredictionServer server;
  private final ClosedLoop clients;
  private final Sending sending;

  HttpContender(PredictionServer server, List<BenchImage> images, int clients) {
    this.server = server;
    RequestSet requests =
        PredictRequests.of(
            server.uri().resolve("/predict?topK=1&threshold=0"),
            images.stream().map(BenchImage::file).toList(),
            Optional.empty(),
            List.of());
    OptionalInt[] expected =
        images.stream().map(image -> OptionalInt.of(image.argmax())).toArray(OptionalInt[]::new);
    this.sending = new Sending(requests, expected);
    this.clients = new ClosedLoop(sending, clients);
  }

  Sending sending() {
    return sending;
  }

  @Override
  public void measure(Duration time, Samples samples) throws Exception {
    BatchStatistics.Snapshot before = server.batches();
    clients.measure(time, samples);
    BatchStatistics.Snapshot after = server.batches();
    samples.batches(after.images() - before.images(), after.batches() - before.batches());
  }
}
