package dev.lapidary.serve.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ConnectionGuard} is to HTTP/1.1: ends a connection that has no stream, whatever else
 * comes on it, and a stream whose answer is not read. A stream's header is whole when there is a
 * stream; its body is watched by {@link BodyReader}. Netty bounds resets, headers, settings and
 * pings.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class Http2Guard extends ChannelDuplexHandler implements ChannelGuard {
  /** Requests that one connection may have open; the others wait at the client. */
  static final int MAX_STREAMS = 64;

  private final Http2ConnectionHandler codec;
  private final Connections connections;
  private final ServerSettings.Timeouts timeouts;
  private final LastWords lastWords = new LastWords();
  private final Map<Integer, Open> streams = new HashMap<>();
  private final EventExecutor loop;
  private @Nullable ChannelHandlerContext self;
  private @Nullable ScheduledFuture<?> timer;
  private boolean idleTooLong;
  private boolean ending;
  private boolean takesNoMore;
  private long reads;

  /** A stream: who is told if its client gives it up, and when it has had its time. */
  private static final class Open {
    private final ScheduledFuture<?> end;
    private Runnable gone = () -> {};

    Open(ScheduledFuture<?> end) {
      this.end = end;
    }
  }

  /**
   * To be put before the codec, where bytes are bytes.
   *
   * @param loop the connection's
   */
  Http2Guard(
      Http2ConnectionHandler codec,
      EventExecutor loop,
      Connections connections,
      ServerSettings.Timeouts timeouts) {
    this.codec = codec;
    this.loop = loop;
    this.connections = connections;
    this.timeouts = timeouts;
    // The setting that says so holds only once the client has acknowledged it.
    codec.connection().remote().maxActiveStreams(MAX_STREAMS);
    codec.connection().addListener(new Streams());
    codec.decoder().frameListener(new Http2Requests(codec.decoder().frameListener()));
  }

  private final class Streams extends Http2ConnectionAdapter {
    @Override
    public void onStreamActive(Http2Stream stream) {
      disarm();
      // By then it is answered; what it holds still is an answer that nobody reads.
      Duration maximum = timeouts.maxDeadline().plus(timeouts.keepAlive());
      streams.put(
          stream.id(),
          new Open(
              loop.schedule(() -> reset(stream.id()), maximum.toMillis(), TimeUnit.MILLISECONDS)));
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      Open closed = streams.remove(stream.id());
      if (closed != null) {
        closed.end.cancel(false);
        closed.gone.run();
      }
      if (streams.isEmpty() && !lastWords.areSaid()) {
        closeAfter(timeouts.keepAlive());
        if (ending) {
          endWhenQuiet();
        }
      }
    }
  }

  private void reset(int stream) {
    ChannelHandlerContext context = codecContext();
    if (context != null) {
      codec.resetStream(context, stream, Http2Error.CANCEL.code(), context.newPromise());
      context.flush();
    }
  }

  private @Nullable ChannelHandlerContext codecContext() {
    ChannelHandlerContext own = self;
    return own == null ? null : own.pipeline().context(codec);
  }

  @Override
  public Watch watch(io.micronaut.http.HttpRequest<?> request, Runnable gone) {
    int stream = Http2Requests.stream(request);
    loop.execute(() -> tell(stream, gone));
    return () -> loop.execute(() -> forget(stream));
  }

  private void tell(int stream, Runnable gone) {
    Open open = streams.get(stream);
    if (open == null) {
      gone.run();
    } else {
      open.gone = gone;
    }
  }

  private void forget(int stream) {
    Open open = streams.get(stream);
    if (open != null) {
      open.gone = () -> {};
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    self = context;
    context.channel().attr(KEY).set(this);
    closeAfter(timeouts.header());
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
    reads++;
    super.channelRead(context, message);
  }

  /**
   * Tells the client that the connection will end (RFC 9113 section 6.8), answers what comes
   * nevertheless for a moment, and ends it when all is answered.
   */
  @Override
  public void end() {
    if (!ending) {
      ending = true;
      goAway(Integer.MAX_VALUE);
      loop.schedule(this::takeNoMore, Connections.STOP_LINGER.toMillis(), TimeUnit.MILLISECONDS);
      endWhenQuiet();
    }
  }

  /** What the client begins from here on it may ask again elsewhere. */
  private void takeNoMore() {
    goAway(codec.connection().remote().lastStreamCreated());
    takesNoMore = true;
    endIfQuiet(reads);
  }

  private void goAway(int lastStream) {
    ChannelHandlerContext context = codecContext();
    if (context != null && context.channel().isActive() && !lastWords.areSaid()) {
      codec.goAway(
          context,
          lastStream,
          Http2Error.NO_ERROR.code(),
          Unpooled.EMPTY_BUFFER,
          context.newPromise());
      context.flush();
    }
  }

  private void endWhenQuiet() {
    long before = reads;
    loop.schedule(() -> endIfQuiet(before), Connections.QUIET.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void endIfQuiet(long before) {
    ChannelHandlerContext context = self;
    if (context == null || !streams.isEmpty()) {
      return; // the last stream that closes looks again
    }
    if (takesNoMore || reads == before) {
      context.channel().close();
    } else {
      endWhenQuiet();
    }
  }

  /** Of the codec, once it has said that nothing more comes. */
  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    disarm();
    if (!context.channel().isActive() || idleTooLong) {
      super.close(context, promise);
      return;
    }
    context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    lastWords.say(context, connections.linger(ending, timeouts));
  }

  /** An answer that comes after its client has given up the stream has nowhere to go. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable error) throws Exception {
    boolean tooLate =
        error instanceof IllegalStateException
            && String.valueOf(error.getMessage()).startsWith("Stream ");
    if (!tooLate) {
      super.exceptionCaught(context, error);
    }
  }

  private void closeAfter(Duration time) {
    disarm();
    timer =
        loop.schedule(
            () -> {
              ChannelHandlerContext context = self;
              if (context != null) {
                idleTooLong = true;
                context.channel().close();
              }
            },
            time.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void disarm() {
    ScheduledFuture<?> running = timer;
    if (running != null) {
      running.cancel(false);
      timer = null;
    }
  }
}
