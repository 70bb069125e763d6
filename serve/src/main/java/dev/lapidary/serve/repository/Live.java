package dev.lapidary.serve.repository;

/**
 * A loaded model and how many work with it. Once it is retired nobody else may, and it ends with
 * the last of them. Thread-safe.
 *
 * @param <M> what is loaded
 */
final class Live<M> {
  private final ModelId id;
  private final M model;
  private final Runnable end;
  private int users = 1; // whoever may still lease it: the repository

  /**
   * @param end runs once, when it is retired and the last lease is closed, on that thread
   */
  Live(ModelId id, M model, Runnable end) {
    this.id = id;
    this.model = model;
    this.end = end;
  }

  /** By the repository, and never after {@link #retire}; or by a lease that is not closed. */
  synchronized Lease<M> lease() {
    users++;
    return new Lease<>(id, model, this::leave, this::lease);
  }

  /** The repository's last word on it. */
  void retire() {
    leave();
  }

  private void leave() {
    boolean last;
    synchronized (this) {
      users--;
      last = users == 0;
    }
    if (last) {
      end.run();
    }
  }
}
