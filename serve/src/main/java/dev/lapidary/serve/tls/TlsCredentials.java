package dev.lapidary.serve.tls;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.access.PrivateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate with its key, and whose certificates are trusted.
 *
 * @param chain the own certificate, and behind it those that it was issued by
 * @param key of the first certificate
 * @param authorities whose certificates the other side must have; empty: it is not asked
 * @param warnings what its user should know, a line each
 */
public record TlsCredentials(
    List<X509Certificate> chain,
    PrivateKey key,
    List<X509Certificate> authorities,
    List<String> warnings) {
  private static final Duration SOON = Duration.ofDays(14);

  public TlsCredentials {
    chain = List.copyOf(chain);
    authorities = List.copyOf(authorities);
    warnings = List.copyOf(warnings);
  }

  static TlsCredentials read(TlsFiles files) {
    List<X509Certificate> chain = PemFile.certificates(files.certificate());
    requireChain(chain, files.certificate());
    X509Certificate own = chain.get(0);
    requireValid(own, files.certificate());
    PrivateKey key = PemFile.privateKey(files.key());
    requirePair(own, key, files);
    List<String> warnings = new ArrayList<>();
    PrivateFile.warning(files.key(), "the private key").ifPresent(warnings::add);
    Instant end = own.getNotAfter().toInstant();
    if (end.isBefore(Instant.now().plus(SOON))) {
      warnings.add("[%s] its certificate expires at %s".formatted(files.certificate(), end));
    }
    return new TlsCredentials(
        chain,
        key,
        files.clientAuthorities().map(PemFile::certificates).orElse(List.of()),
        warnings);
  }

  private static void requireChain(List<X509Certificate> chain, Path file) {
    for (int i = 1; i < chain.size(); i++) {
      X509Certificate issued = chain.get(i - 1);
      X509Certificate issuer = chain.get(i);
      if (!issued.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
        throw Failure.badInput(
            "[%s] its certificate %d is of '%s', expected '%s', who issued the one before it; put"
                + " the server's own first, and behind each whoever issued it",
            file, i + 1, issuer.getSubjectX500Principal(), issued.getIssuerX500Principal());
      }
    }
  }

  private static void requireValid(X509Certificate own, Path file) {
    Instant now = Instant.now();
    Instant from = own.getNotBefore().toInstant();
    Instant to = own.getNotAfter().toInstant();
    if (now.isAfter(to)) {
      throw Failure.badInput(
          "[%s] its certificate of '%s' expired at %s; have it renewed",
          file, own.getSubjectX500Principal(), to);
    }
    if (now.isBefore(from)) {
      throw Failure.badInput(
          "[%s] its certificate of '%s' is not valid before %s, and this machine's clock says %s",
          file, own.getSubjectX500Principal(), from, now);
    }
  }

  private static void requirePair(X509Certificate own, PrivateKey key, TlsFiles files) {
    if (!KeyPairProof.belongTogether(own.getPublicKey(), key)) {
      throw Failure.badInput(
          "[%s] its key (%s) is not that of the certificate of '%s' (%s) in %s; name the files of"
              + " one pair, and the server's own certificate first in its file",
          files.key(),
          key.getAlgorithm(),
          own.getSubjectX500Principal(),
          own.getPublicKey().getAlgorithm(),
          files.certificate());
    }
  }

  /** The certificate with its key, which has no password there. */
  public KeyStore keyStore() {
    X509Certificate[] certificates = chain.toArray(X509Certificate[]::new);
    return store(store -> store.setKeyEntry("key", key, new char[0], certificates));
  }

  /** The authorities. */
  public KeyStore trustStore() {
    return trustStore(authorities);
  }

  static KeyStore trustStore(List<X509Certificate> authorities) {
    return store(
        store -> {
          for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("authority-" + i, authorities.get(i));
          }
        });
  }

  private interface Content {
    void put(KeyStore store) throws GeneralSecurityException;
  }

  private static KeyStore store(Content content) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      content.put(store);
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("a key store in memory could not be filled", e);
    }
  }
}
