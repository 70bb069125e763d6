package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.admission.Admission;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.exceptions.BufferLengthExceededException;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import io.micronaut.http.server.netty.NettyHttpRequest;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of a request with a body, from its header to its answer: read, taken apart, begun, and
 * given up at its deadline or when its client is gone. Its model stays loaded and its permit held
 * until what has begun has ended. No thread waits while a request does.
 */
@Singleton
final class BodyWork {
  private final ServerState state;

  BodyWork(ServerState state) {
    this.state = state;
  }

  /**
   * Work on one request.
   *
   * @param answer completes once nothing works for it any more
   * @param deadline after which its answer is of no use; the request's own may come before the
   *     transport's
   * @param cancel drops what has not begun; what has begun ends
   */
  record Begun(
      CompletableFuture<HttpResponse<byte[]>> answer, Deadline deadline, Runnable cancel) {}

  /** Begins to work. */
  @FunctionalInterface
  interface Beginning {
    /**
     * On a thread of its own.
     *
     * @throws Refusal if the body is not what it should be, or there is no room
     */
    Begun begin(byte[] body, RequestForm.Room room, Admission.Permit permit);
  }

  /**
   * Counts what becomes of a request, and answers what went wrong.
   *
   * @param answer may throw
   */
  CompletionStage<HttpResponse<byte[]>> counted(
      HttpRequest<?> request, Supplier<CompletableFuture<HttpResponse<byte[]>>> answer) {
    state.requests().received();
    CompletableFuture<HttpResponse<byte[]>> found;
    try {
      found = answer.get();
    } catch (RuntimeException e) {
      found = CompletableFuture.failedFuture(e);
    }
    return found.handle((response, error) -> counted(request, response, error));
  }

  private HttpResponse<byte[]> counted(
      HttpRequest<?> request, @Nullable HttpResponse<byte[]> answer, @Nullable Throwable error) {
    if (answer != null) {
      state.requests().predictions();
      return answer;
    }
    Refusal refusal = refusal(error);
    state.requests().refused(refusal);
    MutableHttpResponse<byte[]> response = ErrorBody.of(request, refusal);
    return refusal.code().equals(Refusal.TOO_SLOW)
        ? response.header(HttpHeaders.CONNECTION, "close")
        : response;
  }

  /**
   * Reads the body and works.
   *
   * @param end of the work
   * @param priority of which its body is held; 1 where it may be any
   * @param retryAfter what is said where there is no room
   */
  @SuppressWarnings("FutureReturnValueIgnored") // to cancel throws nothing
  CompletableFuture<HttpResponse<byte[]>> run(
      HttpRequest<?> request,
      Runnable end,
      Deadline deadline,
      int priority,
      Supplier<Duration> retryAfter,
      Beginning beginning) {
    Admission.Permit permit = state.admission().open(priority);
    CompletableFuture<byte[]> body = read(request, permit, deadline, retryAfter);
    CompletableFuture<Begun> work =
        body.thenApplyAsync(
            bytes ->
                beginning.begin(
                    bytes, more -> hold(permit, bytes.length + more, retryAfter), permit),
            state.workers().forms());
    CompletableFuture<HttpResponse<byte[]>> answer =
        work.thenCompose(Begun::answer)
            .whenComplete(
                (response, error) -> {
                  permit.close();
                  end.run();
                });

    // The client hears of its deadline then, and nothing more is done for one that is gone; the
    // permit is held until what has begun has ended.
    CompletableFuture<HttpResponse<byte[]>> told = answer.copy();
    ChannelGuard.Watch watch =
        watch(request, () -> told.completeExceptionally(Refusal.clientGone()));
    work.thenAccept(begun -> told.orTimeout(begun.deadline().leftNanos(), TimeUnit.NANOSECONDS));
    return told.orTimeout(deadline.leftNanos(), TimeUnit.NANOSECONDS)
        .whenComplete(
            (response, error) -> {
              watch.end();
              if (error != null) {
                body.completeExceptionally(error);
                work.thenAccept(begun -> begun.cancel().run());
              }
            });
  }

  private static ChannelGuard.Watch watch(HttpRequest<?> request, Runnable gone) {
    if (!(request instanceof NettyHttpRequest<?> netty)) {
      throw new IllegalStateException("a request of another server: " + request.getClass());
    }
    return ChannelGuard.of(netty.getChannelHandlerContext().channel())
        .orElseThrow(() -> new IllegalStateException("a connection without a guard"))
        .watch(request, gone);
  }

  private static void hold(Admission.Permit permit, long bytes, Supplier<Duration> retryAfter) {
    if (!permit.hold(bytes)) {
      throw Refusal.bodiesFull(retryAfter.get());
    }
  }

  private CompletableFuture<byte[]> read(
      HttpRequest<?> request,
      Admission.Permit permit,
      Deadline deadline,
      Supplier<Duration> retryAfter) {
    int max = state.settings().limits().bodyBytes();
    long said = request.getContentLength();
    int likely = said > 0 ? (int) Math.min(said, max) : max;
    return BodyReader.read(
        (ServerHttpRequest<?>) request,
        state.bodies(),
        permit,
        deadline,
        new BodyReader.Limits(max, likely, retryAfter));
  }

  /** Of what went wrong while a body was read, or later. */
  static Refusal refusal(@Nullable Throwable error) {
    Throwable cause = Refusal.cause(error);
    if (cause instanceof ContentLengthExceededException
        || cause instanceof BufferLengthExceededException) {
      return Refusal.tooLarge("the body has more bytes than the server's limit");
    }
    if (cause instanceof WireRules.MalformedBody) {
      return Refusal.malformedBody();
    }
    if (cause instanceof IOException) {
      return Refusal.clientGone(); // reading the body is the only I/O of a request
    }
    return Refusal.of(cause);
  }
}
