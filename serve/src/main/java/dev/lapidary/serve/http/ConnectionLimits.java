package dev.lapidary.serve.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Puts a {@link ChannelGuard} into each connection's pipeline, and closes one too many. */
@Singleton
@SuppressWarnings("FutureReturnValueIgnored") // Netty's, of closing: there is no one to tell
final class ConnectionLimits implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
  private final ServerState state;

  ConnectionLimits(ServerState state) {
    this.state = state;
  }

  @Override
  public NettyServerCustomizer.Registry onCreated(
      BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
    NettyServerCustomizer.Registry registry = event.getBean();
    registry.register(new Guarded(null));
    return registry;
  }

  private final class Guarded implements NettyServerCustomizer {
    private final @Nullable Channel channel;

    Guarded(@Nullable Channel channel) {
      this.channel = channel;
    }

    @Override
    public NettyServerCustomizer specializeForChannel(Channel own, ChannelRole role) {
      if (role == ChannelRole.LISTENER) {
        state.connections().listen(own);
      }
      if (role != ChannelRole.CONNECTION) {
        return this;
      }
      if (state.connections().isRefused(own)) {
        own.close();
      }
      return new Guarded(own);
    }

    /** Of HTTP/2, once it is agreed upon. */
    @Override
    public void onInitialPipelineBuilt() {
      if (channel == null) {
        return;
      }
      ChannelPipeline pipeline = channel.pipeline();
      Http2ConnectionHandler codec = pipeline.get(Http2ConnectionHandler.class);
      if (codec != null) {
        pipeline.addBefore(
            ChannelPipelineCustomizer.HANDLER_HTTP2_CONNECTION,
            "lapidary-guard",
            new Http2Guard(
                codec, channel.eventLoop(), state.connections(), state.settings().timeouts()));
      }
    }

    /** Of HTTP/1.1. */
    @Override
    public void onStreamPipelineBuilt() {
      if (channel != null) {
        ConnectionGuard guard =
            new ConnectionGuard(state.connections(), state.settings().timeouts());
        String codec = ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC;
        channel
            .pipeline()
            .addBefore(codec, "lapidary-arrivals", guard.arrivals())
            .addAfter(codec, "lapidary-guard", guard);
      }
    }
  }
}
