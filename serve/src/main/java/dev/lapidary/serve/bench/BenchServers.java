package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tune.BatchPlan;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The same model behind servers of this process that run it in different ways. */
final class BenchServers implements AutoCloseable {
  static final String SINGLE = "single";
  static final String BATCHED = "batched";

  private static final int PATIENCE_SECONDS = 60;

  private final Map<String, PredictionServer> all = new LinkedHashMap<>();

  private BenchServers() {}

  /**
   * One that runs each image alone, one that batches, and one of several runs at a time.
   *
   * @param models opens the model anew
   * @param runs of the last one, of one thread each; 0 for none
   */
  static BenchServers start(Supplier<ServedModel> models, int maxBatch, int runs)
      throws InterruptedException {
    BenchServers servers = new BenchServers();
    try {
      servers.add(SINGLE, models.get(), settings(1));
      servers.add(BATCHED, models.get(), settings(maxBatch));
      if (runs > 0) {
        servers.addSeveral(models.get(), runs);
      }
      return servers;
    } catch (RuntimeException | InterruptedException e) {
      servers.close();
      throw e;
    }
  }

  private static ServerSettings settings(int maxBatch) {
    return ServerSettings.local().withBatch(BatchPolicy.greedy(maxBatch));
  }

  private void addSeveral(ServedModel model, int runs) throws InterruptedException {
    CountDownLatch adopted = new CountDownLatch(1);
    ServerSettings.Tuning tuning =
        ServerSettings.Tuning.known(BatchPlan.ofRuns(runs), line -> adopted.countDown());
    add("%d x 1 threads".formatted(runs), model, settings(1).withTuning(tuning));
    if (!adopted.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw Failure.failed("several runs at a time cannot be begun; see the log");
    }
  }

  private void add(String name, ServedModel model, ServerSettings settings) {
    PredictionServer server = PredictionServer.bind(settings);
    all.put(name, server);
    Optional<String> reason = server.serve(model);
    if (reason.isPresent()) {
      throw Failure.gate("the model is not ready: %s", reason.get());
    }
  }

  /** By their names. */
  Map<String, PredictionServer> all() {
    return Collections.unmodifiableMap(all);
  }

  @Override
  public void close() {
    all.values().forEach(PredictionServer::close);
  }
}
