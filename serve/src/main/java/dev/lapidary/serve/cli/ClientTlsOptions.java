package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.tls.ClientTls;
import dev.lapidary.serve.tls.TlsFiles;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a client shows to a server that asks for a certificate ({@code --tls-client-ca}). */
final class ClientTlsOptions {
  @Option(
      names = "--tls-client-certificate",
      paramLabel = "FILE.pem",
      description = "shown to a server that asks for one")
  private Optional<Path> certificate = Optional.empty();

  @Option(
      names = "--tls-client-key",
      paramLabel = "FILE.pem",
      description = "its private key; in the certificate's file unless given")
  private Optional<Path> key = Optional.empty();

  boolean areGiven() {
    return certificate.isPresent() || key.isPresent();
  }

  /**
   * @throws Failure (exit 2) if there is a key and no certificate
   */
  ClientTls client() {
    if (certificate.isEmpty() && key.isPresent()) {
      throw Failure.badInput("--tls-client-key needs --tls-client-certificate FILE.pem");
    }
    return new ClientTls(
        certificate.map(file -> new TlsFiles(file, key.orElse(file), Optional.empty())));
  }
}
