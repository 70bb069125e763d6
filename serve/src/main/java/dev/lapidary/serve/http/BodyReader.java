package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.admission.Admission;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.body.ByteBody;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A request's body on its way into memory. It holds what has come, not what may come: a client that
 * sends slowly takes no more than it sent. It must send at a least rate, and be done by the
 * request's deadline. Where memory runs out, a body that comes slowly gives way to one that comes
 * fast. Whatever ends it, Netty's buffers are given back, and the rest of the body is let go.
 */
final class BodyReader implements Subscriber<byte[]> {
  private static final int FIRST_BYTES = 8 << 10;

  private final Bodies bodies;
  private final Admission.Permit permit;
  private final Deadline deadline;
  private final Limits limits;
  private final long beganNanos = System.nanoTime();
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
  private byte[] bytes = new byte[0];
  private volatile int size;
  private volatile long recentBytesPerSecond;
  private long lastNanos = beganNanos;
  private int lastSize;
  private volatile @Nullable Subscription subscription;

  private BodyReader(Bodies bodies, Admission.Permit permit, Deadline deadline, Limits limits) {
    this.bodies = bodies;
    this.permit = permit;
    this.deadline = deadline;
    this.limits = limits;
  }

  /**
   * @param maxBytes of the body
   * @param likelyBytes as its header says, if that says anything
   * @param retryAfter what is said where there is no memory for it
   */
  record Limits(int maxBytes, int likelyBytes, Supplier<Duration> retryAfter) {}

  /**
   * Reads it. To cancel the future lets the body go.
   *
   * @return fails with a {@link Refusal}, or what Micronaut found wrong
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the future itself is returned
  static CompletableFuture<byte[]> read(
      ServerHttpRequest<?> request,
      Bodies bodies,
      Admission.Permit permit,
      Deadline deadline,
      Limits limits) {
    BodyReader reader = new BodyReader(bodies, permit, deadline, limits);
    bodies.add(reader);
    reader.whole.whenComplete((body, error) -> reader.ended(error));
    ByteBody body = request.byteBody();
    body.toByteArrayPublisher().subscribe(reader);
    return reader.whole;
  }

  @Override
  public void onSubscribe(Subscription upstream) {
    subscription = upstream;
    if (whole.isDone()) {
      upstream.cancel();
    } else {
      upstream.request(1);
    }
  }

  @Override
  public void onNext(byte[] chunk) {
    if (whole.isDone()) {
      return;
    }
    int before = size;
    if (chunk.length > limits.maxBytes() - before) {
      fail(Refusal.tooLarge("the body has more bytes than the limit of %d", limits.maxBytes()));
      return;
    }
    if (!makeRoom(before + chunk.length)) {
      fail(Refusal.bodiesFull(limits.retryAfter().get()));
      return;
    }
    System.arraycopy(chunk, 0, bytes, before, chunk.length);
    size = before + chunk.length;
    Subscription upstream = subscription;
    if (upstream != null) {
      upstream.request(1);
    }
  }

  private boolean makeRoom(int needed) {
    if (needed <= bytes.length) {
      return true;
    }
    long doubled = Math.max(FIRST_BYTES, 2L * bytes.length);
    int maximum = needed <= limits.likelyBytes() ? limits.likelyBytes() : limits.maxBytes();
    int capacity = Math.max(needed, (int) Math.min(maximum, doubled));
    while (!permit.hold(capacity)) {
      if (!bodies.dropSlowerThan(this)) {
        return false;
      }
    }
    bytes = Arrays.copyOf(bytes, capacity);
    return true;
  }

  @Override
  public void onError(Throwable error) {
    fail(error);
  }

  @Override
  public void onComplete() {
    if (!whole.isDone()) {
      byte[] body = size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
      permit.hold(size);
      whole.complete(body);
    }
  }

  /** Returns false if it had ended before. */
  boolean fail(Throwable error) {
    return whole.completeExceptionally(error);
  }

  private void ended(@Nullable Throwable error) {
    bodies.remove(this);
    Subscription upstream = subscription;
    if (error != null && upstream != null) {
      upstream.cancel();
    }
  }

  /** Lets the body go, for one that comes faster. */
  void giveWay() {
    fail(Refusal.gaveWay(limits.retryAfter().get()));
  }

  /** Called about once a second, while it reads. */
  void check(long nowNanos, ServerSettings.Timeouts timeouts) {
    int now = size;
    double seconds = Math.max(1e-3, (nowNanos - lastNanos) / 1e9);
    recentBytesPerSecond = (long) ((now - lastSize) / seconds);
    lastNanos = nowNanos;
    lastSize = now;
    long elapsed = nowNanos - beganNanos;
    if (deadline.hasPassed()) {
      fail(Refusal.deadlinePassed());
    } else if (elapsed > timeouts.bodyGrace().toNanos()
        && now < timeouts.bodyBytesPerSecond() * (elapsed / 1e9)) {
      fail(Refusal.tooSlow(now, elapsed / 1_000_000, timeouts.bodyBytesPerSecond()));
    }
  }

  /** So many bytes came in the last second, about. */
  long recentBytesPerSecond() {
    return recentBytesPerSecond;
  }

  int size() {
    return size;
  }

  /** Whether it has been read long enough for its rate to say something. */
  boolean isOlderThan(long nanos) {
    return System.nanoTime() - beganNanos > nanos;
  }
}
