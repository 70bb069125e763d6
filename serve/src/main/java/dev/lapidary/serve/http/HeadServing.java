package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.repository.Lease;

/**
 * A head behind its trunk. It keeps the trunk loaded for as long as it is loaded itself, whatever
 * becomes of the trunk in the repository, so that no request is left without one. Thread-safe.
 *
 * @param <M> what the repository has of the trunk
 */
final class HeadServing<M> implements AutoCloseable {
  private final HeadModel head;

  /** Guarded by this. */
  private Behind<M> behind;

  /** Guarded by this. */
  private boolean closed;

  /**
   * @param trunk held
   * @param model both together
   */
  private record Behind<M>(Lease<M> trunk, ServedModel model) {}

  private HeadServing(HeadModel head, Behind<M> behind) {
    this.head = head;
    this.behind = behind;
  }

  /**
   * @param trunk closed with the head; both are if they are refused
   * @param below what the trunk answers with
   * @throws Failure (exit 2) if they do not fit
   */
  static <M> HeadServing<M> of(HeadModel head, Lease<M> trunk, ServedModel below) {
    try {
      return new HeadServing<>(head, new Behind<>(trunk, head.behind(below)));
    } catch (RuntimeException e) {
      trunk.close();
      head.close();
      throw e;
    }
  }

  /** Its file. */
  HeadModel file() {
    return head;
  }

  /** Whether it takes this network's features. */
  boolean isOf(ServedModel trunk) {
    return head.trunk().sha256().equals(trunk.sha256());
  }

  /** What images are answered with, and by which labels. */
  synchronized ServedModel model() {
    return behind.model();
  }

  /** To be closed when the request's work has ended; only by whoever has a lease on the head. */
  synchronized Lease<M> trunk() {
    return behind.trunk().again();
  }

  /**
   * From here on behind the same trunk, loaded once more; requests that have begun end behind the
   * one before.
   *
   * @param trunk closed with the head
   * @param below what it answers with
   */
  void move(Lease<M> trunk, ServedModel below) {
    Behind<M> next = new Behind<>(trunk, head.behind(below));
    Lease<M> idle;
    synchronized (this) {
      idle = closed ? trunk : behind.trunk();
      behind = closed ? behind : next;
    }
    idle.close();
  }

  @Override
  public void close() {
    Lease<M> trunk;
    synchronized (this) {
      closed = true;
      trunk = behind.trunk();
    }
    trunk.close();
    head.close();
  }
}
