package dev.lapidary.serve.http;

import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
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
 *
 * <p>A connection that the server ends is closed in two steps (RFC 9112 section 9.6): it says that
 * nothing more comes, and reads on until the client has closed its side. Closed at once, with
 * something unread, it would be reset, and the client could lose the answer that it has not read.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionGuard extends ChannelDuplexHandler {
  /** While the server stops, so long without a byte is idle. */
  private static final long QUIET_MILLIS = 300;

  /** While the server stops, a client that does not close its side is not waited for longer. */
  private static final long STOP_LINGER_MILLIS = 1000;

  private final Connections connections;
  private final AtomicInteger open;
  private final int maxOpen;
  private final ServerSettings.Timeouts timeouts;
  private boolean counted;
  private boolean bodyComing;
  private int unanswered;
  private int unwritten;
  private long reads;
  private boolean ending;
  private boolean lingers;
  private @Nullable ChannelHandlerContext self;
  private @Nullable ScheduledFuture<?> timer;

  /**
   * @param connections of the server, counted here
   */
  ConnectionGuard(Connections connections, int maxOpen, ServerSettings.Timeouts timeouts) {
    this.connections = connections;
    this.open = connections.guarded();
    this.maxOpen = maxOpen;
    this.timeouts = timeouts;
  }

  /** Stands before the HTTP codec, where bytes are bytes. */
  ChannelInboundHandlerAdapter arrivals() {
    return new Arrivals();
  }

  private final class Arrivals extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      reads++;
      if (lingers) {
        ReferenceCountUtil.release(message); // nobody will answer it
      } else {
        super.channelRead(context, message);
      }
    }
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
    self = context;
    counted = true;
    if (open.incrementAndGet() > maxOpen) {
      context.close();
    } else {
      closeAfter(context, timeouts.header());
      if (connections.isEnding()) {
        end();
      }
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
    boolean interim =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (!(message instanceof LastHttpContent) || interim) {
      super.write(context, message, promise);
      return;
    }
    unwritten++;
    super.write(context, message, promise.unvoid().addListener(written -> written()));
    unanswered--;
    awaitNext(context);
  }

  private void written() {
    unwritten--;
    if (ending) {
      endWhenQuiet();
    }
  }

  private void awaitNext(ChannelHandlerContext context) {
    if (unanswered <= 0 && !lingers) {
      closeAfter(context, bodyComing ? timeouts.linger() : timeouts.keepAlive());
    }
  }

  /** Ends the connection when what it has begun is answered and nothing more comes. */
  void end() {
    if (!ending) {
      ending = true;
      endWhenQuiet();
    }
  }

  private boolean isIdle() {
    return unanswered <= 0 && unwritten == 0 && !bodyComing && !lingers;
  }

  private void endWhenQuiet() {
    ChannelHandlerContext context = self;
    if (context != null && isIdle()) {
      long before = reads;
      context
          .executor()
          .schedule(() -> endIfQuiet(context, before), QUIET_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * This thread may have slept since it last asked for bytes. A task that is scheduled here runs
   * after it has asked once more, so what came until now is seen.
   */
  private void endIfQuiet(ChannelHandlerContext context, long before) {
    if (reads != before) {
      endWhenQuiet();
      return;
    }
    context
        .executor()
        .schedule(
            () -> {
              if (reads == before && isIdle()) {
                linger(context);
              } else {
                endWhenQuiet();
              }
            },
            0,
            TimeUnit.MILLISECONDS);
  }

  /** Of Micronaut, after an answer that says so or a message that it does not understand. */
  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    boolean encrypted = context.pipeline().get(SslHandler.class) != null; // ends by an alert
    if (!context.channel().isActive() || encrypted) {
      super.close(context, promise);
      return;
    }
    context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    linger(context);
  }

  private void linger(ChannelHandlerContext context) {
    if (lingers) {
      return;
    }
    lingers = true;
    if (!(context.channel() instanceof DuplexChannel connection)
        || context.pipeline().get(SslHandler.class) != null) {
      context.close();
      return;
    }
    connection.shutdownOutput();
    connection.config().setAutoRead(true);
    closeAfter(
        context,
        ending || connections.isEnding()
            ? Duration.ofMillis(STOP_LINGER_MILLIS)
            : timeouts.linger());
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
