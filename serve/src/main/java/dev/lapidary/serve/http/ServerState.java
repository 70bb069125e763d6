package dev.lapidary.serve.http;

import dev.lapidary.serve.admission.Admission;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the server is in its life: loading, then ready or refused, then draining and stopping.
 * Thread-safe.
 */
final class ServerState implements AutoCloseable {
  private final ServerSettings settings;
  private final Admission admission;
  private final Bodies bodies;
  private final AtomicInteger connections = new AtomicInteger();
  private final RequestCounts requests = new RequestCounts();
  private boolean ended;
  private volatile Phase phase = new Phase.NotReady("loading", "the model is loading");

  ServerState(ServerSettings settings) {
    this.settings = settings;
    ServerSettings.Limits limits = settings.limits();
    this.admission = new Admission(limits.queueImages(), limits.queueBytes());
    this.bodies = new Bodies(settings.timeouts());
  }

  sealed interface Phase {
    /** Requests are answered 503 with this code and reason. */
    record NotReady(String code, String reason) implements Phase {}

    record Ready(Serving serving) implements Phase {}

    /** Not ready to whoever asks for that, and still answering, until others know. */
    record Draining(Serving serving) implements Phase {}
  }

  private static final Phase.NotReady STOPPING =
      new Phase.NotReady("draining", "the server is stopping");

  ServerSettings settings() {
    return settings;
  }

  Admission admission() {
    return admission;
  }

  Bodies bodies() {
    return bodies;
  }

  /** Open now. */
  AtomicInteger connections() {
    return connections;
  }

  RequestCounts requests() {
    return requests;
  }

  /** Why it is not ready; empty if it is. */
  Optional<String> unready() {
    Phase now = phase;
    if (now instanceof Phase.NotReady not) {
      return Optional.of(not.reason());
    }
    return now instanceof Phase.Draining ? Optional.of(STOPPING.reason()) : Optional.empty();
  }

  /** Whether no connection shall outlive its next answer. */
  boolean isDraining() {
    Phase now = phase;
    return now == STOPPING || now instanceof Phase.Draining;
  }

  /** Returns false, and changes nothing, after {@link #drain} or {@link #stop}. */
  synchronized boolean become(Phase next) {
    if (!ended) {
      phase = next;
    }
    return !ended;
  }

  /** Not ready any more, but answering. Returns false if it answered nothing before. */
  synchronized boolean drain() {
    ended = true;
    if (phase instanceof Phase.Ready ready) {
      phase = new Phase.Draining(ready.serving());
      return true;
    }
    return false;
  }

  /** The last phase, in which all is refused. Returns the model that answered until now. */
  synchronized Optional<Serving> stop() {
    ended = true;
    Optional<Serving> before = serving();
    phase = STOPPING;
    return before;
  }

  /** The model that answers, if any does. */
  Optional<Serving> serving() {
    Phase now = phase;
    if (now instanceof Phase.Ready ready) {
      return Optional.of(ready.serving());
    }
    return now instanceof Phase.Draining draining
        ? Optional.of(draining.serving())
        : Optional.empty();
  }

  /**
   * The model that answers.
   *
   * @throws Refusal 503 while loading, refused or stopping
   */
  Serving requireServing() {
    Phase now = phase;
    if (now instanceof Phase.NotReady not) {
      throw Refusal.unavailable(not.code(), not.reason());
    }
    return serving().orElseThrow(() -> Refusal.unavailable(STOPPING.code(), STOPPING.reason()));
  }

  @Override
  public void close() {
    bodies.close();
  }
}
