package dev.lapidary.serve.grpc;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A listener that closes one connection too many as soon as it is accepted, before it is spoken to:
 * gRPC bounds the calls of a connection, and no connections.
 */
final class BoundedListener extends NioServerSocketChannel {
  private final int maximum;
  private final AtomicInteger open = new AtomicInteger();

  BoundedListener(int maximum) {
    this.maximum = maximum;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the future itself
  protected int doReadMessages(List<Object> accepted) throws Exception {
    int before = accepted.size();
    int read = super.doReadMessages(accepted);
    for (int i = accepted.size() - 1; i >= before; i--) {
      Channel connection = (Channel) accepted.get(i);
      if (open.incrementAndGet() > maximum) {
        open.decrementAndGet();
        accepted.remove(i);
        connection.unsafe().closeForcibly();
      } else {
        connection.closeFuture().addListener(closed -> open.decrementAndGet());
      }
    }
    return read;
  }
}
