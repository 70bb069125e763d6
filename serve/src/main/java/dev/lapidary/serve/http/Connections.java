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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a server, from the moment in which they are accepted, and how they end when it
 * stops so that nothing is lost that was sent before: what the system has connected is accepted,
 * then the listener closes, then each connection ends once it is idle ({@link ChannelGuard#end}).
 * Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class Connections {
  /** While the server stops, so long without a byte is idle. */
  static final Duration QUIET = Duration.ofMillis(300);

  /** While the server stops, a client that does not close its side is not waited for longer. */
  static final Duration STOP_LINGER = Duration.ofSeconds(1);

  private final int maximum;
  private final Set<Channel> open = new HashSet<>();
  private final Set<Channel> refused = new HashSet<>();
  private final Set<SocketAddress> acceptedLate = new HashSet<>();
  private volatile boolean ending;
  private @Nullable Channel listener;

  /**
   * @param maximum that are served at a time, counted before their handshakes
   */
  Connections(int maximum) {
    this.maximum = maximum;
  }

  /** Whether it is one too many. */
  synchronized boolean isRefused(Channel connection) {
    return refused.contains(connection);
  }

  /** How long an end waits for the client's. */
  Duration linger(boolean ends, ServerSettings.Timeouts timeouts) {
    return ends || ending ? STOP_LINGER : timeouts.linger();
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
      if (open.size() - refused.size() >= maximum) {
        refused.add(connection);
      }
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
    refused.remove(connection);
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
        deadline.await(this, () -> acceptedLate.contains(own));
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
              Optional<ChannelGuard> guard = ChannelGuard.of(connection);
              guard.ifPresent(ChannelGuard::end);
              if (guard.isEmpty()) {
                connection
                    .eventLoop()
                    .schedule(
                        () -> closeUnused(connection), linger.toMillis(), TimeUnit.MILLISECONDS);
              }
            });
  }

  private static void closeUnused(Channel connection) {
    if (ChannelGuard.of(connection).isEmpty()) {
      connection.close();
    }
  }

  /** Waits until none is left. Returns false if the time passed before. */
  synchronized boolean awaitNone(Duration time) throws InterruptedException {
    return Deadline.after(time).await(this, open::isEmpty);
  }
}
