package dev.lapidary.serve.http;

import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Ends an HTTP/1.1 connection on which nothing happens: whose header does not come, or whose body
 * goes on after it was answered; and refuses one too many. While a request is being answered it
 * leaves the connection alone: {@link BodyReader} watches the body then. Its methods run on the
 * connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionGuard extends ChannelDuplexHandler {
  private final AtomicInteger open;
  private final int maxOpen;
  private final ServerSettings.Timeouts timeouts;
  private boolean counted;
  private boolean bodyComing;
  private int unanswered;
  private @Nullable ScheduledFuture<?> timer;

  /**
   * @param open of the server, counted here
   */
  ConnectionGuard(AtomicInteger open, int maxOpen, ServerSettings.Timeouts timeouts) {
    this.open = open;
    this.maxOpen = maxOpen;
    this.timeouts = timeouts;
  }

  /** Runs {@code gone} once if the client closes the connection before {@link Watch#end}. */
  static Watch watch(io.micronaut.http.HttpRequest<?> request, Runnable gone) {
    if (!(request instanceof NettyHttpRequest<?> netty)) {
      throw new IllegalStateException("a request of another server: " + request.getClass());
    }
    Channel channel = netty.getChannelHandlerContext().channel();
    ChannelFutureListener listener = closed -> gone.run();
    channel.closeFuture().addListener(listener);
    return () -> channel.closeFuture().removeListener(listener);
  }

  /** Of one request's connection. */
  @FunctionalInterface
  interface Watch {
    void end();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    counted = true;
    if (open.incrementAndGet() > maxOpen) {
      context.close();
    } else {
      closeAfter(context, timeouts.header());
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    disarm();
    if (counted) {
      counted = false;
      open.decrementAndGet();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (message instanceof HttpRequest) {
      disarm();
      unanswered++;
      bodyComing = true;
    }
    if (message instanceof LastHttpContent) {
      bodyComing = false;
      awaitNext(context);
    }
    super.channelRead(context, message);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    super.write(context, message, promise);
    boolean interim =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (message instanceof LastHttpContent && !interim) {
      unanswered--;
      awaitNext(context);
    }
  }

  private void awaitNext(ChannelHandlerContext context) {
    if (unanswered <= 0) {
      closeAfter(context, bodyComing ? timeouts.linger() : timeouts.keepAlive());
    }
  }

  private void closeAfter(ChannelHandlerContext context, Duration time) {
    disarm();
    timer =
        context.executor().schedule(() -> context.close(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void disarm() {
    ScheduledFuture<?> running = timer;
    if (running != null) {
      running.cancel(false);
      timer = null;
    }
  }
}
