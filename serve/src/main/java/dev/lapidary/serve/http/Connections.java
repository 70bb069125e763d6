package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a server, from the moment in which they are accepted, and how they end when it
 * stops so that nothing is lost that was sent before: what the system has connected is accepted,
 * then the listener closes, then each connection ends once it is idle ({@link
 * ConnectionGuard#end}). Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class Connections {
  private final AtomicInteger guarded = new AtomicInteger();
  private final Set<Channel> open = new HashSet<>();
  private final Set<SocketAddress> acceptedLate = new HashSet<>();
  private volatile boolean ending;
  private @Nullable Channel listener;

  /** Where {@link ConnectionGuard} counts those that are served. */
  AtomicInteger guarded() {
    return guarded;
  }

  /** Whether each connection is to end when it is idle. */
  boolean isEnding() {
    return ending;
  }

  /** The server's listener; it tells of each connection from here on. */
  synchronized void listen(Channel channel) {
    listener = channel;
    channel.pipeline().addFirst("lapidary-accepts", new Accepts());
  }

  /** On the listener's event loop. */
  private final class Accepts extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      if (message instanceof Channel connection) {
        accepted(connection);
      }
      super.channelRead(context, message);
    }
  }

  private void accepted(Channel connection) {
    synchronized (this) {
      open.add(connection);
      if (ending) {
        acceptedLate.add(connection.remoteAddress());
      }
      notifyAll();
    }
    connection.closeFuture().addListener(closed -> gone(connection));
  }

  private synchronized void gone(Channel connection) {
    open.remove(connection);
    notifyAll();
  }

  /**
   * Accepts what is connected already, closes the listener, and lets each connection end. A
   * listener that closes resets what waits in its queue. The queue is first come, first served: a
   * connection of our own goes through it, and once that is accepted all are that came before it.
   *
   * @param patience for that
   */
  void end(Duration patience, Duration linger) throws InterruptedException {
    Channel channel;
    List<Channel> before;
    synchronized (this) {
      ending = true;
      channel = listener;
      before = List.copyOf(open);
    }
    if (channel != null) {
      acceptWaiting(channel, patience);
      channel.close().await(patience.toMillis());
    }
    before.forEach(connection -> end(connection, linger));
  }

  private void acceptWaiting(Channel channel, Duration patience) throws InterruptedException {
    Deadline deadline = Deadline.after(patience);
    try (Socket last = new Socket()) {
      last.connect(reachable(channel.localAddress()), (int) patience.toMillis());
      SocketAddress own = last.getLocalSocketAddress();
      synchronized (this) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos());
        while (!acceptedLate.contains(own) && millis > 0) {
          wait(millis);
          millis = TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos());
        }
      }
    } catch (IOException e) {
      // There is no way to it, or its queue is full: what waits in it cannot be told from what
      // comes.
    }
  }

  private static InetSocketAddress reachable(SocketAddress local) {
    InetSocketAddress address = (InetSocketAddress) local;
    return address.getAddress().isAnyLocalAddress()
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
        : address;
  }

  /** One that is not built yet finds {@link #isEnding} when it is. */
  private static void end(Channel connection, Duration linger) {
    if (!connection.isRegistered()) {
      return;
    }
    connection
        .eventLoop()
        .execute(
            () -> {
              ConnectionGuard guard = connection.pipeline().get(ConnectionGuard.class);
              if (guard != null) {
                guard.end();
              } else {
                connection
                    .eventLoop()
                    .schedule(
                        () -> closeUnused(connection), linger.toMillis(), TimeUnit.MILLISECONDS);
              }
            });
  }

  private static void closeUnused(Channel connection) {
    if (connection.pipeline().get(ConnectionGuard.class) == null) {
      connection.close();
    }
  }

  /** Waits until none is left. Returns false if the time passed before. */
  synchronized boolean awaitNone(Duration time) throws InterruptedException {
    Deadline deadline = Deadline.after(time);
    while (!open.isEmpty()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }
}
