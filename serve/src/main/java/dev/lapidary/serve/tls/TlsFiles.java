package dev.lapidary.serve.tls;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a server's certificate lies, in PEM.
 *
 * @param certificate the server's, and behind it those that it was issued by
 * @param key of the first certificate; may be the same file
 * @param clientAuthorities whoever has no certificate of theirs may not connect; without it nobody
 *     is asked for one
 */
public record TlsFiles(Path certificate, Path key, Optional<Path> clientAuthorities) {
  /**
   * Reads them.
   *
   * @throws dev.lapidary.core.failure.Failure (exit 2) if they make no server that its clients can
   *     trust, saying why
   */
  public TlsCredentials read() {
    return TlsCredentials.read(this);
  }
}
