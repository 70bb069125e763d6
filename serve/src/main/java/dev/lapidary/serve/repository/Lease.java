package dev.lapidary.serve.repository;

import java.util.function.Supplier;

/**
 * A model that stays loaded until this is closed, by whoever works with it: one a request.
 *
 * @param <M> what is loaded
 */
public final class Lease<M> implements AutoCloseable {
  private final ModelId id;
  private final M model;
  private final Runnable end;
  private final Supplier<Lease<M>> more;
  private boolean closed;

  Lease(ModelId id, M model, Runnable end, Supplier<Lease<M>> more) {
    this.id = id;
    this.model = model;
    this.end = end;
    this.more = more;
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
    return more.get();
  }

  public ModelId id() {
    return id;
  }

  public M model() {
    return model;
  }

  /** A second call does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    end.run();
  }
}
