package dev.lapidary.serve.repository;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A loaded model and how many work with it. Once the repository has left it nobody else may, and it
 * ends with the last of them. Thread-safe.
 *
 * @param <M> what is loaded
 * @param end runs once, when all have left it, on the thread of the last
 * @param users whoever may still lease it, the repository, and the leases that are not closed
 */
record Live<M>(ModelId id, M model, Runnable end, AtomicInteger users) {
  Live(ModelId id, M model, Runnable end) {
    this(id, model, end, new AtomicInteger(1));
  }

  /** By a user, who has not left it. */
  Lease<M> lease() {
    users.incrementAndGet();
    return new Lease<>(this);
  }

  /** By each user once. */
  void leave() {
    if (users.decrementAndGet() == 0) {
      end.run();
    }
  }
}
