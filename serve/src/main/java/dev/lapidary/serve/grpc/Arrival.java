package dev.lapidary.serve.grpc;

import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.ServiceError;
import dev.lapidary.serve.inference.ServiceError.Kind;
import io.grpc.Context;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call's message on its way into memory. It holds what has come, as the body of an HTTP request
 * does: a client that sends slowly takes no more than it sent. Where there is no room for more, or
 * it comes too slowly, the call ends there. Thread-safe.
 */
final class Arrival extends ServerStreamTracer {
  private static final Context.Key<Arrival> KEY = Context.key("arrival");

  private final Admission admission;
  private final Arrivals all;
  private final boolean stream;
  private long beganNanos = System.nanoTime();
  private long bytes;
  private Admission.@Nullable Permit permit;
  private boolean waiting;
  private boolean refused;
  private boolean closed;
  private Consumer<StatusRuntimeException> refusal = error -> {};

  /**
   * @param stream whether messages may come at any time
   */
  Arrival(Admission admission, Arrivals all, boolean stream) {
    this.admission = admission;
    this.all = all;
    this.stream = stream;
    this.waiting = !stream;
  }

  /** Of the call whose context is current. */
  static Arrival current() {
    return KEY.get();
  }

  @Override
  public Context filterContext(Context context) {
    return context.withValue(KEY, this);
  }

  /** What ends the call; a later one takes the place of an earlier one. */
  synchronized void onRefusal(Consumer<StatusRuntimeException> ends) {
    refusal = ends;
  }

  @Override
  public void inboundWireSize(long more) {
    boolean room;
    synchronized (this) {
      if (refused || closed) {
        return;
      }
      if (permit == null) {
        permit = admission.open();
      }
      if (bytes == 0 && stream) {
        beganNanos = System.nanoTime();
      }
      waiting = true;
      bytes += more;
      room = permit.hold(bytes);
    }
    if (!room) {
      refuse(
          new ServiceError(
              Kind.EXHAUSTED,
              "the bodies of other requests take all memory that they may; try again in a moment",
              all.retryAfter()));
    }
  }

  /** The permit of a message that is whole, from here on its taker's; empty if it was refused. */
  synchronized Optional<Admission.Permit> take() {
    if (refused || closed) {
      return Optional.empty();
    }
    Admission.Permit own = permit == null ? admission.open() : permit;
    permit = null;
    bytes = 0;
    waiting = false;
    return Optional.of(own);
  }

  synchronized boolean isRefused() {
    return refused;
  }

  /** Called about twice a second. */
  void check(long nowNanos, Arrivals.Rate rate) {
    long came;
    long elapsed;
    synchronized (this) {
      came = bytes;
      elapsed = nowNanos - beganNanos;
      if (!waiting || elapsed < rate.grace().toNanos()) {
        return;
      }
    }
    if (came < rate.bytesPerSecond() * (elapsed / 1e9)) {
      refuse(
          new ServiceError(
              Kind.LATE,
              "%d bytes of the message came in %d ms, expected at least %d a second"
                  .formatted(came, elapsed / 1_000_000, rate.bytesPerSecond())));
    }
  }

  private void refuse(ServiceError error) {
    Consumer<StatusRuntimeException> ends;
    synchronized (this) {
      if (refused || closed || !waiting) {
        return;
      }
      refused = true;
      ends = refusal;
    }
    ends.accept(Statuses.of(error));
  }

  @Override
  public void streamClosed(Status status) {
    all.remove(this);
    synchronized (this) {
      closed = true;
      if (permit != null) {
        permit.close();
        permit = null;
      }
    }
  }
}
