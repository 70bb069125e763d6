package dev.lapidary.serve.repository;

/**
 * A model that stays loaded until this is closed, by whoever works with it: one a request.
 *
 * @param <M> what is loaded
 */
public final class Lease<M> implements AutoCloseable {
  private final Live<M> live;
  private boolean closed;

  Lease(Live<M> live) {
    this.live = live;
  }

  /**
   * Another lease on the same loaded model, also where it answers nobody else any more.
   *
   * @throws IllegalStateException if this one is closed
   */
  public synchronized Lease<M> again() {
    if (closed) {
      throw new IllegalStateException("the lease is closed");
    }
    return live.lease();
  }

  public ModelId id() {
    return live.id();
  }

  public M model() {
    return live.model();
  }

  /** A second call does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      live.leave();
    }
  }
}
