package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import io.micronaut.context.ApplicationContext;
import io.micronaut.http.ssl.CertificateProvider;
import io.micronaut.inject.qualifiers.Qualifiers;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Micronaut's server with all that it is configured by. */
record HttpListener(ApplicationContext context, EmbeddedServer http) implements AutoCloseable {
  /**
   * Listens.
   *
   * @throws Failure (exit 1) if the port is taken
   */
  static HttpListener start(ServerState state) {
    ServerSettings settings = state.settings();
    ApplicationContext context =
        ApplicationContext.builder()
            .banner(false)
            // All settings come from the command line, none from the surroundings.
            .deduceEnvironment(false)
            .environmentPropertySource(false)
            .enableDefaultPropertySources(false)
            .properties(properties(settings, state.certificate()))
            .singletons(state)
            .build();
    try {
      context.start();
      state
          .certificate()
          .ifPresent(
              own ->
                  context.registerSingleton(
                      CertificateProvider.class, own, Qualifiers.byName(own.getName())));
      EmbeddedServer http = context.getBean(EmbeddedServer.class);
      http.start();
      return new HttpListener(context, http);
    } catch (RuntimeException e) {
      context.close();
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw Failure.failed(
          "cannot listen on %s:%d: %s; choose another --port",
          settings.host(), settings.port(), Failure.reason(cause));
    }
  }

  private static Map<String, Object> properties(
      ServerSettings settings, Optional<ServerCertificate> certificate) {
    int bodyBytes = settings.limits().bodyBytes();
    int port = settings.port() == 0 ? -1 : settings.port();
    Map<String, Object> all = new HashMap<>();
    all.put("micronaut.server.host", settings.host());
    all.put("micronaut.server.port", port);
    all.put("micronaut.server.max-request-size", bodyBytes);
    all.put("micronaut.server.max-request-buffer-size", bodyBytes);
    // Connections are watched by ConnectionGuard and Http2Guard, which know what each waits for.
    all.put("micronaut.server.idle-timeout", "-1s");
    all.put("micronaut.server.date-header", false);
    all.put("micronaut.server.netty.request-decompression-enabled", false); // see ContentCoding
    certificate.ifPresent(
        own -> {
          // HTTP/2 is for whoever asks for it in the handshake (ALPN).
          all.put("micronaut.server.http-version", "2.0");
          all.put("micronaut.server.netty.http2.max-concurrent-streams", Http2Guard.MAX_STREAMS);
          all.put("micronaut.server.ssl.enabled", true);
          all.put("micronaut.server.ssl.port", port);
          all.put("micronaut.server.ssl.key-name", ServerCertificate.NAME);
          all.put(
              "micronaut.server.ssl.handshake-timeout",
              settings.timeouts().header().toMillis() + "ms");
          if (own.asksClients()) {
            all.put("micronaut.server.ssl.trust-name", ServerCertificate.NAME);
            all.put("micronaut.server.ssl.client-authentication", "need");
          }
        });
    return all;
  }

  /** With the real port. */
  URI uri() {
    return http.getURI();
  }

  @Override
  public void close() {
    http.stop();
    context.close();
  }
}
