package dev.lapidary.serve.http;

import io.micronaut.http.HttpRequest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Watches one connection, of whichever version of HTTP. On the connection's event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
abstract class ChannelGuard extends ChannelDuplexHandler {
  private static final AttributeKey<ChannelGuard> KEY =
      AttributeKey.valueOf(ChannelGuard.class, "connection");

  final Channel channel;
  final ServerSettings.Timeouts timeouts;
  private final Connections connections;
  private final LastWords lastWords = new LastWords();
  private @Nullable ScheduledFuture<?> timer;
  private boolean idleTooLong;
  private boolean ending;

  ChannelGuard(Channel channel, Connections connections, ServerSettings.Timeouts timeouts) {
    this.channel = channel;
    this.connections = connections;
    this.timeouts = timeouts;
  }

  /** Of a connection; empty before its version is known. */
  static Optional<ChannelGuard> of(Channel connection) {
    return Optional.ofNullable(connection.attr(KEY).get());
  }

  /**
   * Runs {@code gone} once if the client gives up a request before {@link Watch#end}. From
   * whichever thread.
   */
  abstract Watch watch(HttpRequest<?> request, Runnable gone);

  /** Of one request. */
  @FunctionalInterface
  interface Watch {
    void end();
  }

  /** Ends the connection when what it has begun is answered and nothing more comes. */
  final void end() {
    if (!ending) {
      ending = true;
      beginEnd();
    }
  }

  /** Once; what has begun is to be answered first. */
  abstract void beginEnd();

  final boolean isEnding() {
    return ending;
  }

  /** Whether nothing of what comes is heeded any more. */
  final boolean hasEnded() {
    return lastWords.areSaid();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel.attr(KEY).set(this);
    closeAfter(timeouts.header());
    if (connections.isEnding()) {
      end();
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    disarm();
  }

  /** Of the codec or Micronaut, after an answer that says so or what they do not understand. */
  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    disarm();
    if (!channel.isActive() || idleTooLong) {
      super.close(context, promise);
      return;
    }
    channel.closeFuture().addListener(closed -> promise.trySuccess());
    lastWords.say(context, connections.linger(ending, timeouts));
  }

  /** If nothing disarms it before. */
  final void closeAfter(Duration time) {
    disarm();
    timer =
        later(
            time,
            () -> {
              idleTooLong = true;
              channel.close();
            });
  }

  final void disarm() {
    ScheduledFuture<?> running = timer;
    if (running != null) {
      running.cancel(false);
      timer = null;
    }
  }

  final ScheduledFuture<?> later(Duration time, Runnable task) {
    return channel.eventLoop().schedule(task, time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
