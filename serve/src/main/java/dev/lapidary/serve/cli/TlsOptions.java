package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.tls.TlsFiles;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether {@code serve run} is encrypted, and who may connect then. */
final class TlsOptions {
  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE.pem",
      description =
          "the server's certificate, and behind it those that it was issued by: HTTP (1.1 and 2) and"
              + " gRPC are encrypted, and nothing else is answered; SIGHUP reads it again")
  private Optional<Path> certificate = Optional.empty();

  @Option(
      names = "--tls-key",
      paramLabel = "FILE.pem",
      description = "its private key, without a passphrase; in the certificate's file unless given")
  private Optional<Path> key = Optional.empty();

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE.pem",
      description = "certificates: a client without one that they issued may not connect")
  private Optional<Path> clientAuthorities = Optional.empty();

  /**
   * @throws Failure (exit 2) if there is a key, or an authority, and no certificate
   */
  Optional<TlsFiles> files() {
    if (certificate.isEmpty() && (key.isPresent() || clientAuthorities.isPresent())) {
      throw Failure.badInput(
          "%s is of a server with a certificate; name it with --tls-certificate FILE.pem",
          key.isPresent() ? "--tls-key" : "--tls-client-ca");
    }
    return certificate.map(file -> new TlsFiles(file, key.orElse(file), clientAuthorities));
  }

  /** Whether a client needs a certificate. */
  boolean asksClients() {
    return clientAuthorities.isPresent();
  }
}
