package dev.lapidary.serve.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;

/**
 * Ends an HTTP/1.1 connection on which nothing happens: whose header does not come, or whose body
 * goes on after it was answered. While a request is being answered it leaves the connection alone:
 * {@link BodyReader} watches the body then.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionGuard extends ChannelGuard {
  private boolean bodyComing;
  private int unanswered;
  private int unwritten;
  private long reads;

  ConnectionGuard(Channel channel, Connections connections, ServerSettings.Timeouts timeouts) {
    super(channel, connections, timeouts);
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
  Watch watch(io.micronaut.http.HttpRequest<?> request, Runnable gone) {
    ChannelFutureListener listener = closed -> gone.run();
    channel.closeFuture().addListener(listener);
    return () -> channel.closeFuture().removeListener(listener);
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
      awaitNext();
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
    awaitNext();
  }

  private void written() {
    unwritten--;
    if (isEnding()) {
      endWhenQuiet();
    }
  }

  private void awaitNext() {
    if (unanswered <= 0 && !hasEnded()) {
      closeAfter(bodyComing ? timeouts.linger() : timeouts.keepAlive());
    }
  }

  private boolean isIdle() {
    return unanswered <= 0 && unwritten == 0 && !bodyComing && !hasEnded();
  }

  @Override
  void beginEnd() {
    endWhenQuiet();
  }

  private void endWhenQuiet() {
    if (isIdle()) {
      long before = reads;
      later(Connections.QUIET, () -> endIfQuiet(before));
    }
  }

  /**
   * This thread may have slept since it last asked for bytes. A task that is scheduled here runs
   * after it has asked once more, so what came until now is seen.
   */
  private void endIfQuiet(long before) {
    if (reads != before) {
      endWhenQuiet();
      return;
    }
    later(
        Duration.ZERO,
        () -> {
          if (reads == before && isIdle()) {
            channel.close();
          } else {
            endWhenQuiet();
          }
        });
  }
}
