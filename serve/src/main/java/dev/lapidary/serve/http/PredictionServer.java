package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.grpc.ApiKeyCheck;
import dev.lapidary.serve.grpc.InferenceGrpcServer;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelFiles;
import dev.lapidary.serve.repository.ModelFiles.What;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ShadowRoute;
import dev.lapidary.serve.repository.TrafficSplit;
import dev.lapidary.serve.tracing.RequestSpans;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server in this process. It answers {@code /v2/health/live} from {@link #bind} on, and
 * predicts from {@link #serve} on, if the model passes its golden check. {@link #close} answers
 * what was accepted, then stops.
 */
public final class PredictionServer implements AutoCloseable {
  private static final Duration ACCEPT = Duration.ofSeconds(2);

  private final ServerState state;
  private final HttpListener http;
  private volatile @Nullable InferenceGrpcServer grpc;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);

  private PredictionServer(ServerState state, HttpListener http) {
    this.state = state;
    this.http = http;
  }

  /**
   * Listens, with no model yet.
   *
   * @throws Failure (exit 1) if the port is taken
   */
  public static PredictionServer bind(ServerSettings settings) {
    return bind(settings, Optional.empty());
  }

  /**
   * The same, with a log.
   *
   * @param log of its requests and calls, closed with the server
   */
  public static PredictionServer bind(ServerSettings settings, Optional<AccessLog> log) {
    return bind(settings, log, Optional.empty());
  }

  /**
   * The same, with a log and with spans.
   *
   * @param spans of its requests and calls, closed with the server
   */
  public static PredictionServer bind(
      ServerSettings settings, Optional<AccessLog> log, Optional<RequestSpans> spans) {
    ServerState state = new ServerState(settings, log, spans);
    return new PredictionServer(state, HttpListener.start(state));
  }

  /**
   * Checks the model against its golden images, and predicts with it if it passes. The server owns
   * the model from here on.
   *
   * @throws Failure (exit 2) if the largest batch does not fit into memory
   * @return why it does not pass, or that the server is stopping: requests are then answered 503
   *     with that reason
   */
  public Optional<String> serve(ServedModel model) {
    ModelId id =
        new ModelId(ModelId.segment(model.name(), "model"), ModelId.segment(model.version(), "1"));
    try {
      OpenedModel opened = new OpenedModel(new ReadModel.OfImages(model), state);
      state.repository().load(id, () -> opened.ready(id));
    } catch (LoadFailed e) {
      state.run();
      return Optional.of(e.getMessage());
    }
    state.run();
    return state.unready();
  }

  /**
   * Loads the models of a file or a folder, and predicts with each that passes its golden check.
   *
   * @param allVersions of each model in the folder; otherwise its latest
   * @param clientsLoad whether clients may load and unload them
   * @return each model, and what stood in its way
   * @throws Failure (exit 2) if there is no model; with the first one's code if none can be read
   */
  public List<ModelFiles.Change> serve(
      Path path, boolean allVersions, boolean clientsLoad, ModelReader reader) {
    ModelFiles<AnsweringModel> files =
        new ModelFiles<>(path, allVersions, state.repository(), new FileOpener(reader, state));
    state.files(files, clientsLoad);
    List<ModelFiles.Change> changes = files.refresh();
    if (!changes.isEmpty() && changes.stream().allMatch(c -> c.what() == What.BROKEN)) {
      throw new Failure(changes.get(0).code(), changes.get(0).reason());
    }
    state.requireSplitsKnown();
    List<String> troubles = state.shadowTroubles();
    if (!troubles.isEmpty()) {
      throw Failure.badInput("%s", troubles.get(0));
    }
    state.run();
    return changes;
  }

  /**
   * Names that stand for several models; before these are loaded.
   *
   * @throws Failure (exit 2) if two have the same name
   */
  public void split(List<TrafficSplit> splits) {
    state.splits(new TrafficSplits(splits));
  }

  /**
   * Models that get copies of what others answered; before these are loaded.
   *
   * @throws Failure (exit 2) if one has two shadows
   */
  public void shadow(List<ShadowRoute> routes) {
    state.shadows(routes);
  }

  /** Why some of them cannot be asked, a line each; as after a reload. */
  public List<String> shadowTroubles() {
    return state.shadowTroubles();
  }

  /**
   * Loads what is new or has changed since in the file or folder, and unloads what is gone.
   * Requests are answered meanwhile; what cannot be loaded leaves the version before it in its
   * place.
   *
   * @throws Failure (exit 2) if the folder makes no sense; nothing is changed then
   */
  public List<ModelFiles.Change> reload() {
    return state.files().map(ModelFiles::refresh).orElse(List.of());
  }

  /**
   * Reads the file of API keys again, if the server has one.
   *
   * @return what its user should know of it, a line each
   * @throws Failure (exit 2) if it holds no key, or cannot be read; the keys before stay
   */
  public List<String> readApiKeys() {
    return state.readApiKeys();
  }

  /**
   * Reads the server's certificate again, if it has one, for the connections that come.
   *
   * @return what its user should know of it, a line each
   * @throws Failure (exit 2) if it cannot be read, or is no good; the one before stays
   */
  public List<String> readCertificate() {
    List<String> warnings = state.certificate().map(ServerCertificate::readAgain).orElse(List.of());
    InferenceGrpcServer calls = grpc;
    if (calls != null) {
      state.certificate().map(ServerCertificate::credentials).ifPresent(calls::exchange);
    }
    return warnings;
  }

  /**
   * Speaks the Open Inference Protocol over gRPC, too, until it is closed.
   *
   * @param port 0 for any free one
   * @return the real one
   * @throws Failure (exit 1) if the port is taken
   */
  public int listenGrpc(int port) {
    ServerSettings settings = state.settings();
    ServerSettings.Timeouts timeouts = settings.timeouts();
    InferenceGrpcServer own =
        InferenceGrpcServer.start(
            new LocalService(state),
            state.admission(),
            new InferenceGrpcServer.Entrance(
                new ApiKeyCheck(state::apiKeys, state.requests()::unauthorized),
                new CallLines(state.accessLog(), state.spans()).log(),
                state.certificate().map(ServerCertificate::credentials)),
            new InferenceGrpcServer.Settings(
                settings.host(),
                port,
                settings.limits().bodyBytes(),
                timeouts.bodyBytesPerSecond(),
                timeouts.bodyGrace(),
                timeouts.header(),
                settings.limits().connections()));
    grpc = own;
    return own.port();
  }

  /** Why it is not ready; empty if it is. */
  public Optional<String> unready() {
    return state.unready();
  }

  /** With the real port. */
  public URI uri() {
    return http.uri();
  }

  /** Images that are accepted and not yet answered. */
  public int imagesInFlight() {
    return state.admission().held().images();
  }

  /**
   * What the only model's batcher has done so far.
   *
   * @throws IllegalStateException if not one model that takes images is served
   */
  public BatchStatistics.Snapshot batches() {
    try (Lease<AnsweringModel> lease = state.requireOnlyModel()) {
      return lease.model().requireImages().batcher().statistics().snapshot();
    } catch (Refusal e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /** What became of the requests so far. */
  public RequestCounts.Snapshot requests() {
    return state.requests().snapshot();
  }

  /** Waits until the server is closed, by whomever. */
  public void awaitClose() throws InterruptedException {
    closed.await();
  }

  /**
   * What was sent and not read yet is read, and refused: a connection closed over it says nothing.
   * An answer that is found is not yet sent: its connection ends when it is.
   *
   * @return false if the time of a step passed before
   */
  private boolean awaitEnd(@Nullable InferenceGrpcServer calls) {
    ServerSettings.Timeouts timeouts = state.settings().timeouts();
    Duration grace = timeouts.grace();
    try {
      if (!state.admission().awaitEmpty(grace)) {
        return false;
      }
      state.connections().end(ACCEPT, timeouts.linger());
      return state.connections().awaitNone(grace) && (calls == null || calls.awaitEnd(grace));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // stop at once
      return false;
    }
  }

  /** Still answers, for as long as others may need to notice that it is not ready. */
  private void drain() {
    long delay = state.settings().timeouts().drainDelay().toMillis();
    if (delay > 0 && state.drain()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // stop at once
      }
    }
  }

  /**
   * Is not ready for the drain delay, then refuses what comes, answers what was accepted within the
   * grace time, lets its connections end, and stops.
   */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    drain();
    state.stop();
    InferenceGrpcServer calls = grpc;
    if (calls != null) {
      calls.stop();
    }
    boolean answered = awaitEnd(calls);
    if (calls != null) {
      calls.close();
    }
    http.close();
    state.close();
    // A network that outlasts the grace time is left to its daemon thread: waiting for it would
    // make the stop as long as it is stuck.
    if (answered) {
      state.repository().close();
    }
    closed.countDown();
  }
}
