package dev.lapidary.serve.repository;

/**
 * A model that stays loaded until this is closed, by whoever works with it: one a request.
 *
 * @param <M> what is loaded
 */
public final class Lease<M> implements AutoCloseable {
  private final ModelId id;
  private final M model;
  private final Runnable end;
  private boolean closed;

  Lease(ModelId id, M model, Runnable end) {
    this.id = id;
    this.model = model;
    this.end = end;
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
