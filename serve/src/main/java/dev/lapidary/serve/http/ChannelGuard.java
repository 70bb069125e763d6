package dev.lapidary.serve.http;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Optional;

/** Watches one connection, of whichever version of HTTP. On the connection's event loop. */
interface ChannelGuard {
  AttributeKey<ChannelGuard> KEY = AttributeKey.valueOf(ChannelGuard.class, "connection");

  /** Of a connection; empty before its version is known. */
  static Optional<ChannelGuard> of(Channel connection) {
    return Optional.ofNullable(connection.attr(KEY).get());
  }

  /** Ends the connection when what it has begun is answered and nothing more comes. */
  void end();

  /**
   * Runs {@code gone} once if the client gives up a request before {@link Watch#end}. From
   * whichever thread.
   */
  Watch watch(io.micronaut.http.HttpRequest<?> request, Runnable gone);

  /** Of one request. */
  @FunctionalInterface
  interface Watch {
    void end();
  }
}
