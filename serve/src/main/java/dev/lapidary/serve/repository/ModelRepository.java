package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.thread.DaemonThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models by name and version. Each version is loaded beside those that answer, and takes its place
 * only when it is ready: what cannot be loaded changes nothing. What it replaces answers what it
 * has accepted, then it is closed. Thread-safe; one load at a time, since each takes all cores.
 *
 * @param <M> what is loaded
 */
public final class ModelRepository<M extends AutoCloseable> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelRepository.class);
  private static final String LOADING = "loading";

  /** The code of what cannot be read. */
  public static final String FAILED = "load_failed";

  private static final String UNLOADED = "unloaded";
  private static final Duration LONGEST_END = Duration.ofMinutes(1);

  private final Object loading = new Object();

  /** Guarded by this. */
  private final NavigableMap<ModelId, Entry<M>> entries = new TreeMap<>();

  private boolean closed;

  /** Models that are ready or still answer. */
  private int open;

  private static final class Entry<M> {
    private ModelState state = ModelState.LOADING;
    private String code = LOADING;
    private String reason = "the model is loading";
    private @Nullable Live<M> live;

    void become(ModelState next, String newCode, String newReason) {
      state = next;
      code = newCode;
      reason = newReason;
    }
  }

  /** Makes a model that is ready to answer. */
  @FunctionalInterface
  public interface Loader<M> {
    /**
     * @throws Failure if it cannot be loaded
     * @throws LoadFailed if it must not be served
     */
    M load() throws LoadFailed;
  }

  /**
   * Loads a version, in place of the one that may be there, which answers until then and after a
   * failure.
   *
   * @throws Failure as the loader does; the status says it, too
   * @throws LoadFailed as the loader does, or if the repository is closed
   */
  public void load(ModelId id, Loader<M> loader) throws LoadFailed {
    synchronized (loading) {
      begin(id);
      M model;
      try {
        model = loader.load();
      } catch (LoadFailed e) {
        failed(id, e.code(), e.getMessage());
        throw e;
      } catch (RuntimeException | Error e) {
        failed(id, FAILED, Failure.reason(e));
        throw e;
      }
      if (!ready(id, model)) {
        end(id, model);
        throw new LoadFailed("draining", "the server is stopping");
      }
    }
  }

  private synchronized void begin(ModelId id) {
    Entry<M> entry = entries.computeIfAbsent(id, k -> new Entry<>());
    if (entry.live == null) {
      entry.become(ModelState.LOADING, LOADING, "the model is loading");
    }
  }

  private synchronized void failed(ModelId id, String code, String reason) {
    Entry<M> entry = entries.computeIfAbsent(id, k -> new Entry<>());
    if (entry.live == null) {
      entry.become(ModelState.UNAVAILABLE, code, reason);
    } else {
      entry.become(
          ModelState.READY, code, "the version before it answers; the reload failed: " + reason);
    }
  }

  /** Returns false, and changes nothing, if the repository is closed. */
  private boolean ready(ModelId id, M model) {
    Live<M> next = new Live<>(id, model, () -> endBeside(id, model));
    Live<M> before;
    synchronized (this) {
      if (closed) {
        return false;
      }
      Entry<M> entry = entries.computeIfAbsent(id, k -> new Entry<>());
      before = entry.live;
      entry.live = next;
      open++;
      entry.become(ModelState.READY, "", "");
    }
    if (before != null) {
      before.leave();
    }
    return true;
  }

  /** It may take as long as its last run, or as its own threads; who lets it go does not wait. */
  private void endBeside(ModelId id, M model) {
    DaemonThreads.start("lapidary-unload", () -> ended(id, model));
  }

  private void ended(ModelId id, M model) {
    end(id, model);
    synchronized (this) {
      open--;
      notifyAll();
      Entry<M> entry = entries.get(id);
      if (entry != null && entry.state == ModelState.UNLOADING) {
        entry.become(ModelState.UNAVAILABLE, UNLOADED, "unloaded");
      }
    }
  }

  private static void end(ModelId id, AutoCloseable model) {
    try {
      model.close();
    } catch (Exception e) {
      LOG.error("{} version {} could not be closed", id.name(), id.version(), e);
    }
  }

  /**
   * Accepts nothing more for it; what it has accepted it answers.
   *
   * @return false if it was not loaded
   */
  public boolean unload(ModelId id) {
    Live<M> live;
    synchronized (this) {
      Entry<M> entry = entries.get(id);
      if (entry == null || entry.live == null) {
        return false;
      }
      live = entry.live;
      entry.live = null;
      entry.become(ModelState.UNLOADING, UNLOADED, "it answers what it has accepted");
    }
    live.leave();
    return true;
  }

  /** Forgets a version that is not loaded, whose file is gone. */
  public synchronized void forget(ModelId id) {
    Entry<M> entry = entries.get(id);
    if (entry != null && entry.live == null && entry.state == ModelState.UNAVAILABLE) {
      entries.remove(id);
    }
  }

  /**
   * The version, or the latest that is ready.
   *
   * @return to be closed when the request's work has ended
   * @throws ModelUnavailable if there is none, saying why
   */
  public synchronized Lease<M> lease(String name, Optional<String> version)
      throws ModelUnavailable {
    Entry<M> unready = null;
    for (var each : entries.descendingMap().entrySet()) {
      ModelId id = each.getKey();
      Entry<M> entry = each.getValue();
      if (id.name().equals(name) && version.map(id.version()::equals).orElse(true)) {
        if (entry.live != null) {
          return entry.live.lease();
        }
        unready = unready == null ? entry : unready;
      }
    }
    if (unready != null) {
      throw new ModelUnavailable(true, unready.code, unready.reason);
    }
    throw unknown(name, version);
  }

  private ModelUnavailable unknown(String name, Optional<String> version) {
    List<String> versions = new ArrayList<>();
    entries.keySet().stream()
        .filter(id -> id.name().equals(name))
        .forEach(id -> versions.add(id.version()));
    return new ModelUnavailable(
        false,
        "not_found",
        version.isPresent() && !versions.isEmpty()
            ? "the model has no such version, expected one of " + String.join(", ", versions)
            : "there is no such model; POST /v2/repository/index lists those that there are");
  }

  /** All versions that are known, in their order. */
  public synchronized List<ModelStatus> index() {
    List<ModelStatus> all = new ArrayList<>(entries.size());
    entries.forEach((id, e) -> all.add(new ModelStatus(id, e.state, e.code, e.reason)));
    return all;
  }

  /** The names of all models, in their order. */
  public synchronized List<String> names() {
    return entries.keySet().stream().map(ModelId::name).distinct().toList();
  }

  /** Loads nothing more, lets all models go and waits a minute at most until they are closed. */
  @Override
  public void close() {
    List<ModelId> ids;
    synchronized (this) {
      closed = true;
      ids = List.copyOf(entries.keySet());
    }
    ids.forEach(this::unload);
    try {
      awaitEnds();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // stop at once
    }
  }

  private synchronized void awaitEnds() throws InterruptedException {
    long until = System.nanoTime() + LONGEST_END.toNanos();
    while (open > 0) {
      long millis = (until - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return;
      }
      wait(millis);
    }
  }
}
