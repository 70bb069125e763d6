package dev.lapidary.serve.tls;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * How a client of a server behind a certificate connects.
 *
 * @param own its certificate and key, if the server asks for one
 */
public record ClientTls(Optional<TlsFiles> own) {
  /**
   * Trusts what Java trusts, or the certificates of a file instead.
   *
   * @throws dev.lapidary.core.failure.Failure (exit 2) if a file is no good
   */
  public SSLContext trusting(Optional<Path> authorities) {
    return context(authorities.map(ClientTls::trust).orElse(null));
  }

  /** Trusts any server: for one on this machine, that is sent nothing but a question. */
  public SSLContext trustingAnyone() {
    return context(InsecureTrustManagerFactory.INSTANCE.getTrustManagers());
  }

  private static TrustManager[] trust(Path authorities) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(TlsCredentials.trustStore(PemFile.certificates(authorities)));
      return factory.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Null, as Java has it, for what Java trusts. */
  private SSLContext context(TrustManager @org.jspecify.annotations.Nullable [] trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(), trust, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private KeyManager[] keys() throws GeneralSecurityException {
    if (own.isEmpty()) {
      return new KeyManager[0];
    }
    KeyStore store = own.get().read().keyStore();
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }
}
