package dev.lapidary.serve.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Puts a {@link ConnectionGuard} into each connection's pipeline, behind the HTTP codec. */
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
      return role == ChannelRole.CONNECTION ? new Guarded(own) : this;
    }

    @Override
    public void onStreamPipelineBuilt() {
      if (channel != null) {
        ServerSettings settings = state.settings();
        channel
            .pipeline()
            .addAfter(
                ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC,
                "lapidary-guard",
                new ConnectionGuard(
                    state.connections(), settings.limits().connections(), settings.timeouts()));
      }
    }
  }
}
