package dev.lapidary.serve.http;

import dev.lapidary.serve.batch.Admission;

/** Where the server is in its life: loading, then ready or refused, then draining. Thread-safe. */
final class ServerState {
  private final ServerSettings settings;
  private final Admission admission;
  private boolean ended;
  private volatile Phase phase = new Phase.NotReady("loading", "the model is loading");

  ServerState(ServerSettings settings) {
    this.settings = settings;
    ServerSettings.Limits limits = settings.limits();
    this.admission = new Admission(limits.queueImages(), limits.queueBytes());
  }

  sealed interface Phase {
    /** Requests are answered 503 with this code and reason. */
    record NotReady(String code, String reason) implements Phase {}

    record Ready(Serving serving) implements Phase {}
  }

  ServerSettings settings() {
    return settings;
  }

  Admission admission() {
    return admission;
  }

  Phase phase() {
    return phase;
  }

  /** Returns false, and changes nothing, after the {@link #end}. */
  synchronized boolean become(Phase next) {
    if (!ended) {
      phase = next;
    }
    return !ended;
  }

  /** The last phase. Returns the one before. */
  synchronized Phase end(Phase.NotReady last) {
    Phase before = phase;
    phase = last;
    ended = true;
    return before;
  }

  /**
   * The model that answers.
   *
   * @throws Refusal 503 while loading, refused or draining
   */
  Serving requireReady() {
    Phase now = phase;
    if (now instanceof Phase.Ready ready) {
      return ready.serving();
    }
    Phase.NotReady not = (Phase.NotReady) now;
    throw Refusal.unavailable(not.code(), not.reason());
  }
}
