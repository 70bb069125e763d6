package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.access.ApiKeys;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelFiles;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelState;
import dev.lapidary.serve.repository.ModelStatus;
import dev.lapidary.serve.repository.ModelUnavailable;
import dev.lapidary.serve.repository.ShadowRoute;
import dev.lapidary.serve.tracing.RequestSpans;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What all requests share, and where the server is in its life: loading its first models, then
 * running, then draining and stopping. Each model has a life of its own beside it, in the
 * repository. Thread-safe.
 */
final class ServerState implements AutoCloseable {
  private static final String LOADING = "the model is loading";
  private static final String STOPPING = "the server is stopping";

  private final ServerSettings settings;
  private final Optional<AccessLog> accessLog;
  private final Optional<RequestSpans> spans;
  private final Admission admission;
  private final Bodies bodies;
  private final Workers workers;
  private final ModelRepository<AnsweringModel> repository = new ModelRepository<>();
  private final Trunks trunks = new Trunks(repository);
  private final Metrics metrics = new Metrics();
  private final Map<ModelId, ModelStatistics> statistics = new ConcurrentHashMap<>();
  private final Connections connections;
  private final RequestCounts requests = new RequestCounts();
  private volatile Phase phase = Phase.LOADING;
  private volatile @Nullable ModelFiles<AnsweringModel> files;
  private volatile boolean clientsLoad;
  private volatile TrafficSplits splits = new TrafficSplits(List.of());
  private volatile Shadows shadows;
  private volatile Optional<ApiKeys> apiKeys;
  private final Optional<ServerCertificate> certificate;

  ServerState(
      ServerSettings settings, Optional<AccessLog> accessLog, Optional<RequestSpans> spans) {
    this.settings = settings;
    this.apiKeys = settings.access().apiKeys().map(ApiKeys::read);
    this.certificate = settings.access().tls().map(ServerCertificate::new);
    this.accessLog = accessLog;
    this.spans = spans;
    ServerSettings.Limits limits = settings.limits();
    this.admission =
        settings
            .priorities()
            .map(levels -> metrics.priorities(levels.levels()))
            .map(counts -> new Admission(limits.queueImages(), limits.queueBytes(), counts))
            .orElseGet(() -> new Admission(limits.queueImages(), limits.queueBytes()));
    this.shadows = new Shadows(List.of(), repository, admission, settings, metrics);
    this.connections = new Connections(limits.connections());
    this.bodies = new Bodies(settings.timeouts());
    this.workers = new Workers(settings.decodeThreads(), settings.priorities().isPresent());
    metrics.watch(requests, admission);
    settings.priorities().ifPresent(levels -> metrics.watch(levels.levels(), admission));
  }

  private enum Phase {
    LOADING,
    RUNNING,
    /** Not ready to whoever asks for that, and still answering, until others know. */
    DRAINING,
    STOPPING
  }

  ServerSettings settings() {
    return settings;
  }

  /** Of which each request must show one; empty if none is asked for. */
  Optional<ApiKeys> apiKeys() {
    return apiKeys;
  }

  /**
   * Reads the file of keys again.
   *
   * @return what its user should know
   * @throws Failure (exit 2) if it holds none, or cannot be read; the keys before stay
   */
  List<String> readApiKeys() {
    apiKeys = settings.access().apiKeys().map(ApiKeys::read);
    return apiKeys.map(ApiKeys::warnings).orElse(List.of());
  }

  /** Empty if nothing is encrypted. */
  Optional<ServerCertificate> certificate() {
    return certificate;
  }

  Optional<AccessLog> accessLog() {
    return accessLog;
  }

  /** Empty if no collector is named. */
  Optional<RequestSpans> spans() {
    return spans;
  }

  Admission admission() {
    return admission;
  }

  Bodies bodies() {
    return bodies;
  }

  Workers workers() {
    return workers;
  }

  ModelRepository<AnsweringModel> repository() {
    return repository;
  }

  Trunks trunks() {
    return trunks;
  }

  Metrics metrics() {
    return metrics;
  }

  /** Of a version, from its first load on, through all reloads. */
  ModelStatistics statistics(ModelId id) {
    return statistics.computeIfAbsent(id, metrics::statistics);
  }

  /** Where its models lie, if they can be loaded again. */
  Optional<ModelFiles<AnsweringModel>> files() {
    return Optional.ofNullable(files);
  }

  /**
   * @param byClients whether clients may load and unload them
   */
  void files(ModelFiles<AnsweringModel> all, boolean byClients) {
    files = all;
    clientsLoad = byClients;
  }

  /** Before models are loaded. */
  void splits(TrafficSplits all) {
    splits = all;
  }

  /**
   * Its first models are loaded.
   *
   * @throws Failure (exit 2) if a name is split between what is not there
   */
  void requireSplitsKnown() {
    splits.requireKnown(repository.names());
  }

  /**
   * Before models are loaded.
   *
   * @throws Failure (exit 2) if a model has two
   */
  void shadows(List<ShadowRoute> routes) {
    shadows = new Shadows(routes, repository, admission, settings, metrics);
  }

  /** Of a model, if it has one. */
  Optional<Shadow> shadow(String model) {
    return shadows.of(model);
  }

  /** Why some shadows cannot be asked, a line each. */
  List<String> shadowTroubles() {
    return shadows.troubles();
  }

  boolean clientsLoad() {
    return clientsLoad;
  }

  /** What cannot be read is told with its place on this machine, which is nobody else's affair. */
  static String reasonToClients(String code, String reason) {
    return code.equals(ModelRepository.FAILED)
        ? "it could not be loaded; the server's log says why"
        : reason;
  }

  Connections connections() {
    return connections;
  }

  RequestCounts requests() {
    return requests;
  }

  /** Its first models are loaded, or could not be. */
  synchronized void run() {
    if (phase == Phase.LOADING) {
      phase = Phase.RUNNING;
    }
  }

  /**
   * Why it is not ready; empty if it is. A model that could not be loaded makes it so only where no
   * other answers.
   */
  Optional<String> unready() {
    Phase now = phase;
    if (now == Phase.LOADING) {
      return Optional.of(LOADING);
    }
    if (now != Phase.RUNNING) {
      return Optional.of(STOPPING);
    }
    List<ModelStatus> models = repository.index();
    if (models.stream().anyMatch(m -> m.state() == ModelState.READY)) {
      return Optional.empty();
    }
    return models.stream()
        .filter(m -> !m.code().equals("unloaded"))
        .map(m -> reasonToClients(m.code(), m.reason()))
        .findFirst();
  }

  /** Whether no connection shall outlive its next answer. */
  boolean isDraining() {
    return phase == Phase.DRAINING || phase == Phase.STOPPING;
  }

  /** Still answers, but is not ready any more. Returns whether it was. */
  synchronized boolean drain() {
    boolean ran = phase == Phase.RUNNING;
    phase = ran ? Phase.DRAINING : phase == Phase.LOADING ? Phase.STOPPING : phase;
    return ran;
  }

  /** The last phase, in which all is refused. */
  synchronized void stop() {
    phase = Phase.STOPPING;
    shadows.close(); // a stop waits for clients alone
  }

  /**
   * The only model.
   *
   * @return to be closed when the request's work has ended
   * @throws Refusal 503 while loading, refused or stopping; 400 if there are several
   */
  Lease<AnsweringModel> requireOnlyModel() {
    requireRunning();
    List<String> names = repository.names();
    if (names.isEmpty()) {
      throw Refusal.unavailable("no_model", "no model is loaded");
    }
    if (names.size() > 1) {
      throw Refusal.badRequest(
          "model_required",
          "the server has %d models, expected POST /predict/{model} with one of %s",
          names.size(),
          ClientText.brief(String.join(", ", names)));
    }
    return requireTurn(names.get(0), Optional.empty());
  }

  /**
   * A model, in its latest version unless told; of a name that is split, its first.
   *
   * @return to be closed when the request's work has ended
   * @throws Refusal 503 while loading, refused or stopping; 404 if there is none
   */
  Lease<AnsweringModel> requireModel(String name, Optional<String> version) {
    return lease(name, version, false);
  }

  /** The same for a request to be answered; of a name that is split, the one whose turn it is. */
  Lease<AnsweringModel> requireTurn(String name, Optional<String> version) {
    return lease(name, version, true);
  }

  private Lease<AnsweringModel> lease(String name, Optional<String> version, boolean turn) {
    requireNotStopping();
    try {
      return splits.lease(repository, name, version, turn);
    } catch (ModelUnavailable e) {
      if (e.isKnown()) {
        throw Refusal.unavailable(e.code(), reasonToClients(e.code(), e.getMessage()));
      }
      requireRunning(); // it may be there in a moment
      throw Refusal.notFound("%s", e.getMessage());
    }
  }

  /**
   * @throws Refusal 503 while stopping
   */
  void requireNotStopping() {
    if (phase == Phase.STOPPING) {
      throw Refusal.unavailable("draining", STOPPING);
    }
  }

  private void requireRunning() {
    requireNotStopping();
    if (phase == Phase.LOADING) {
      throw Refusal.unavailable("loading", LOADING);
    }
  }

  @Override
  public void close() {
    bodies.close();
    workers.close();
    metrics.close();
    accessLog.ifPresent(AccessLog::close);
    if (spans.isPresent()) { // no lambda, which would load its class
      spans.get().close();
    }
  }
}
