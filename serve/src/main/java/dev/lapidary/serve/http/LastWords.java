package dev.lapidary.serve.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How the server ends a connection, in two steps (RFC 9112 section 9.6): it says that nothing more
 * comes, encrypted as a TLS alert before the system says it, and reads on until the client has
 * closed its side. Closed at once, with something unread, it would be reset, and the client could
 * lose the answer that it has not read. On the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class LastWords {
  private boolean begun;

  /** Whether nothing of what comes is heeded any more. */
  boolean areSaid() {
    return begun;
  }

  /**
   * @param patience after which the connection is closed, whatever its client does
   */
  void say(ChannelHandlerContext context, Duration patience) {
    if (begun) {
      return;
    }
    begun = true;
    SslHandler tls = context.pipeline().get(SslHandler.class);
    boolean shaken = tls == null || tls.handshakeFuture().isSuccess();
    if (!(context.channel() instanceof DuplexChannel connection) || !shaken) {
      context.close();
      return;
    }
    context.pipeline().addFirst("lapidary-unheeded", new Unheeded());
    if (tls == null) {
      connection.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(said -> connection.shutdownOutput());
    }
    connection.config().setAutoRead(true);
    context.executor().schedule(() -> context.close(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Before all others: what comes is not even decrypted. */
  private static final class Unheeded extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }
  }
}
