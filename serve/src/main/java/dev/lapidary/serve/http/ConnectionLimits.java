package dev.lapidary.serve.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Puts a {@link ConnectionGuard} into each connection's pipeline, around the HTTP codec. */
@Singleton
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
      return role == ChannelRole.CONNECTION ? new Guarded(own) : this;
    }

    @Override
    public void onStreamPipelineBuilt() {
      if (channel != null) {
        ServerSettings settings = state.settings();
        ConnectionGuard guard =
            new ConnectionGuard(
                state.connections(), settings.limits().connections(), settings.timeouts());
        String codec = ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC;
        channel
            .pipeline()
            .addBefore(codec, "lapidary-arrivals", guard.arrivals())
            .addAfter(codec, "lapidary-guard", guard);
      }
    }
  }
}
