package dev.lapidary.serve.http;

import io.micronaut.http.HttpRequest;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ConnectionGuard} is to HTTP/1.1: ends a connection that has no stream, whatever else
 * comes on it, and a stream whose answer is not read. A stream's header is whole when there is a
 * stream; its body is watched by {@link BodyReader}. Netty bounds resets, headers, settings and
 * pings.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class Http2Guard extends ChannelGuard {
  /** Requests that one connection may have open; the others wait at the client. */
  static final int MAX_STREAMS = 64;

  private final Http2ConnectionHandler codec;
  private final Map<Integer, Open> streams = new HashMap<>();
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

  /** To be put before the codec, where bytes are bytes. */
  Http2Guard(
      Http2ConnectionHandler codec,
      Channel channel,
      Connections connections,
      ServerSettings.Timeouts timeouts) {
    super(channel, connections, timeouts);
    this.codec = codec;
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
      streams.put(stream.id(), new Open(later(maximum, () -> reset(stream.id()))));
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      Open closed = streams.remove(stream.id());
      if (closed != null) {
        closed.end.cancel(false);
        closed.gone.run();
      }
      if (streams.isEmpty() && !hasEnded()) {
        closeAfter(timeouts.keepAlive());
        if (isEnding()) {
          lookWhenQuiet();
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
    return channel.pipeline().context(codec);
  }

  @Override
  Watch watch(HttpRequest<?> request, Runnable gone) {
    int stream = Http2Requests.stream(request);
    channel.eventLoop().execute(() -> tell(stream, gone));
    return () -> channel.eventLoop().execute(() -> tell(stream, () -> {}));
  }

  private void tell(int stream, Runnable gone) {
    Open open = streams.get(stream);
    if (open == null) {
      gone.run();
    } else {
      open.gone = gone;
    }
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
  void beginEnd() {
    goAway(Integer.MAX_VALUE);
    later(Connections.STOP_LINGER, this::takeNoMore);
    lookWhenQuiet();
  }

  /** What the client begins from here on it may ask again elsewhere. */
  private void takeNoMore() {
    goAway(codec.connection().remote().lastStreamCreated());
    takesNoMore = true;
    endIfQuiet(reads);
  }

  private void goAway(int lastStream) {
    ChannelHandlerContext context = codecContext();
    if (context != null && channel.isActive() && !hasEnded()) {
      codec.goAway(
          context,
          lastStream,
          Http2Error.NO_ERROR.code(),
          Unpooled.EMPTY_BUFFER,
          context.newPromise());
      context.flush();
    }
  }

  private void lookWhenQuiet() {
    long before = reads;
    later(Connections.QUIET, () -> endIfQuiet(before));
  }

  private void endIfQuiet(long before) {
    if (!streams.isEmpty()) {
      return; // the last stream that closes looks again
    }
    if (takesNoMore || reads == before) {
      channel.close();
    } else {
      lookWhenQuiet();
    }
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
}
