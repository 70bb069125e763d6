package dev.lapidary.serve.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends an HTTP/1.1 connection on which nothing happens: whose header does not come, or whose body
 * goes on after it was answered. While a request is being answered it leaves the connection alone:
 * {@link BodyReader} watches the body then.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionGuard extends ChannelDuplexHandler implements ChannelGuard {
  private final Connections connections;
  private final ServerSettings.Timeouts timeouts;
  private final LastWords lastWords = new LastWords();
  private boolean bodyComing;
  private int unanswered;
  private int unwritten;
  private long reads;
  private boolean ending;
  private @Nullable ChannelHandlerContext self;
  private @Nullable ScheduledFuture<?> timer;

  ConnectionGuard(Connections connections, ServerSettings.Timeouts timeouts) {
    this.connections = connections;
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
      super.channelRead(context, message);
    }
  }

  @Override
  public Watch watch(io.micronaut.http.HttpRequest<?> request, Runnable gone) {
    Channel channel = Objects.requireNonNull(self).channel();
    ChannelFutureListener listener = closed -> gone.run();
    channel.closeFuture().addListener(listener);
    return () -> channel.closeFuture().removeListener(listener);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    self = context;
    context.channel().attr(KEY).set(this);
    closeAfter(context, timeouts.header());
    if (connections.isEnding()) {
      end();
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    disarm();
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
    if (unanswered <= 0 && !lastWords.areSaid()) {
      closeAfter(context, bodyComing ? timeouts.linger() : timeouts.keepAlive());
    }
  }

  @Override
  public void end() {
    if (!ending) {
      ending = true;
      endWhenQuiet();
    }
  }

  private boolean isIdle() {
    return unanswered <= 0 && unwritten == 0 && !bodyComing && !lastWords.areSaid();
  }

  private void endWhenQuiet() {
    ChannelHandlerContext context = self;
    if (context != null && isIdle()) {
      long before = reads;
      context
          .executor()
          .schedule(
              () -> endIfQuiet(context, before),
              Connections.QUIET.toMillis(),
              TimeUnit.MILLISECONDS);
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
    if (!context.channel().isActive()) {
      super.close(context, promise);
      return;
    }
    context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    linger(context);
  }

  private void linger(ChannelHandlerContext context) {
    disarm();
    lastWords.say(context, connections.linger(ending, timeouts));
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
