package dev.lapidary.serve.grpc;

import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.serve.admission.Admission;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The messages of all calls, and the watch over how fast they come. Thread-safe. */
final class Arrivals extends ServerStreamTracer.Factory
    implements ServerInterceptor, AutoCloseable {
  private static final long CHECK_MILLIS = 500;

  private final Admission admission;
  private final Supplier<Duration> retryAfter;
  private final Set<Arrival> coming = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("lapidary-grpc-arrivals"));

  /**
   * @param grace from a message's beginning, in which it may come as slowly as it likes
   */
  record Rate(int bytesPerSecond, Duration grace) {}

  /**
   * @param retryAfter what those are told for whom there is no room
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the watch
  Arrivals(Admission admission, Rate rate, Supplier<Duration> retryAfter) {
    this.admission = admission;
    this.retryAfter = retryAfter;
    watch.scheduleWithFixedDelay(
        () -> coming.forEach(arrival -> arrival.check(System.nanoTime(), rate)),
        CHECK_MILLIS,
        CHECK_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    Arrival arrival = new Arrival(admission, this, method.equals(GrpcCalls.STREAM));
    coming.add(arrival);
    return arrival;
  }

  Duration retryAfter() {
    return retryAfter.get();
  }

  void remove(Arrival arrival) {
    coming.remove(arrival);
  }

  /** Nothing of a call is heard any more once it is refused. */
  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    Arrival arrival = Arrival.current();
    arrival.onRefusal(
        error ->
            call.close(
                error.getStatus(),
                Objects.requireNonNullElseGet(error.getTrailers(), Metadata::new)));
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onMessage(A message) {
        if (!arrival.isRefused()) {
          super.onMessage(message);
        }
      }

      @Override
      public void onHalfClose() {
        if (!arrival.isRefused()) {
          super.onHalfClose();
        }
      }
    };
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
