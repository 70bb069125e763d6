package dev.lapidary.serve.grpc;

import dev.lapidary.serve.tls.TlsCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/** The server's certificate as gRPC has it, which can be exchanged while it serves. */
final class GrpcTls {
  private final AdvancedTlsX509KeyManager key = new AdvancedTlsX509KeyManager();
  private final Optional<AdvancedTlsX509TrustManager> clients;

  GrpcTls(TlsCredentials first) {
    clients = first.authorities().isEmpty() ? Optional.empty() : Optional.of(clients());
    exchange(first);
  }

  /** Of clients a certificate is asked, no host's name. */
  private static AdvancedTlsX509TrustManager clients() {
    try {
      return AdvancedTlsX509TrustManager.newBuilder()
          .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
          .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** For the connections that come. */
  void exchange(TlsCredentials next) {
    try {
      key.updateIdentityCredentials(array(next.chain()), next.key());
      if (clients.isPresent()) {
        clients.get().updateTrustCredentials(array(next.authorities()));
      }
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new IllegalStateException("what was read and checked is refused", e);
    }
  }

  private static X509Certificate[] array(List<X509Certificate> certificates) {
    return certificates.toArray(new X509Certificate[0]);
  }

  ServerCredentials credentials() {
    TlsServerCredentials.Builder all = TlsServerCredentials.newBuilder().keyManager(key);
    clients.ifPresent(
        asked -> all.trustManager(asked).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE));
    return all.build();
  }
}
