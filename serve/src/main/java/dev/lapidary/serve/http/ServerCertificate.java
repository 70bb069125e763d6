package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.tls.TlsCredentials;
import dev.lapidary.serve.tls.TlsFiles;
import io.micronaut.http.ssl.CertificateProvider;
import java.security.KeyStore;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;

/**
 * The server's certificate, which can be exchanged while it serves: connections that are there keep
 * the one that they began with. Thread-safe.
 */
final class ServerCertificate implements CertificateProvider {
  /** By which Micronaut's configuration names it. */
  static final String NAME = "lapidary";

  private final TlsFiles files;
  private final Sinks.Many<TlsCredentials> latest = Sinks.many().replay().latest();
  private volatile TlsCredentials now;

  /**
   * @throws Failure (exit 2) if the files make no server that its clients can trust
   */
  ServerCertificate(TlsFiles files) {
    this.files = files;
    this.now = files.read();
    latest.tryEmitNext(now).orThrow();
  }

  /**
   * Reads the files again, for the connections that come.
   *
   * @return what their user should know
   * @throws Failure (exit 2) if they are no good; what was there before stays
   */
  synchronized List<String> readAgain() {
    now = files.read();
    latest.tryEmitNext(now).orThrow();
    return now.warnings();
  }

  TlsCredentials credentials() {
    return now;
  }

  /** Whether a client needs one, too. */
  boolean asksClients() {
    return files.clientAuthorities().isPresent();
  }

  @Override
  public String getName() {
    return NAME;
  }

  @Override
  public Publisher<KeyStore> getKeyStore() {
    return latest.asFlux().map(TlsCredentials::keyStore);
  }

  @Override
  public Publisher<KeyStore> getTrustStore() {
    return latest.asFlux().map(TlsCredentials::trustStore);
  }
}
