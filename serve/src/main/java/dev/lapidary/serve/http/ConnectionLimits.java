package dev.lapidary.serve.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import jakarta.inject.Singleton;

/**
 * Puts a {@link ChannelGuard} and the {@link WireRules} into each connection's pipeline, and closes
 * one too many.
 */
@Singleton
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionLimits
    implements BeanCreatedEventListener<NettyServerCustomizer.Registry>, NettyServerCustomizer {
  private final ServerState state;

  ConnectionLimits(ServerState state) {
    this.state = state;
  }

  @Override
  public NettyServerCustomizer.Registry onCreated(
      BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
    event.getBean().register(this);
    return event.getBean();
  }

  @Override
  public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
    if (role == ChannelRole.LISTENER) {
      state.connections().listen(channel);
    }
    if (role != ChannelRole.CONNECTION) {
      return this;
    }
    if (state.connections().isRefused(channel)) {
      channel.close();
    }
    return new Guarded(channel, state.connections(), state.settings().timeouts());
  }

  private record Guarded(Channel channel, Connections connections, ServerSettings.Timeouts timeouts)
      implements NettyServerCustomizer {
    /** Of HTTP/2, once it is agreed upon. */
    @Override
    public void onInitialPipelineBuilt() {
      ChannelPipeline pipeline = channel.pipeline();
      Http2ConnectionHandler codec = pipeline.get(Http2ConnectionHandler.class);
      if (codec != null) {
        pipeline.addBefore(
            ChannelPipelineCustomizer.HANDLER_HTTP2_CONNECTION,
            "lapidary-guard",
            new Http2Guard(codec, channel, connections, timeouts));
      }
    }

    /** Of HTTP/1.1. */
    @Override
    public void onStreamPipelineBuilt() {
      ConnectionGuard guard = new ConnectionGuard(channel, connections, timeouts);
      String codec = ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC;
      channel
          .pipeline()
          .addBefore(codec, "lapidary-arrivals", guard.arrivals())
          .addAfter(codec, "lapidary-guard", guard)
          .addBefore(
              ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND,
              "lapidary-rules",
              new WireRules());
    }
  }
}
