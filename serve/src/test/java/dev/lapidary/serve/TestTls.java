package dev.lapidary.serve;

import dev.lapidary.serve.tls.TlsFiles;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Certificates made for a test, and clients that trust whatever server they find. */
public final class TestTls {
  /** A read that takes longer says so, rather than to wait for its test's end. */
  private static final int TIMEOUT_MILLIS = 30_000;

  private TestTls() {}

  /** Of a host's name and 127.0.0.1. */
  public static CertificateBuilder certificate(String name) {
    return new CertificateBuilder()
        .ecp256()
        .notAfter(Instant.now().plus(Duration.ofDays(90)))
        .subject("CN=" + name)
        .addSanDnsName("localhost")
        .addSanIpAddress("127.0.0.1")
        .setIsCertificateAuthority(true);
  }

  /** Signed by itself. */
  public static X509Bundle selfSigned(String name) {
    try {
      return certificate(name).buildSelfSigned();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The files of a server. */
  public static TlsFiles files(Path folder, X509Bundle own, Optional<X509Bundle> clients)
      throws IOException {
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    Files.writeString(certificate, own.getCertificatePathPEM());
    Files.writeString(key, own.getPrivateKeyPEM());
    if (key.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }
    Path authorities = folder.resolve("clients.pem");
    if (clients.isPresent()) {
      Files.writeString(authorities, clients.get().getCertificatePEM());
    }
    return new TlsFiles(certificate, key, clients.map(asked -> authorities));
  }

  /** The same of a server that asks nobody. */
  public static TlsFiles files(Path folder) throws IOException {
    return files(folder, selfSigned("localhost"), Optional.empty());
  }

  /** Of a client without a certificate. */
  public static SSLContext context() {
    return context(Optional.empty());
  }

  /** Of a client. */
  public static SSLContext context(Optional<X509Bundle> own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keys = new KeyManager[0];
      if (own.isPresent()) {
        keys = own.get().toKeyManagerFactory().getKeyManagers();
      }
      context.init(keys, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Plain where the address is. */
  public static Socket connect(URI server) throws IOException {
    Socket socket = new Socket(server.getHost(), server.getPort());
    return server.getScheme().equals("https") ? handshake(socket, "http/1.1") : socket;
  }

  /** The same connection, encrypted. */
  public static SSLSocket handshake(Socket socket, String protocol) throws IOException {
    SSLSocket encrypted =
        (SSLSocket)
            context().getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
    SSLParameters parameters = encrypted.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    encrypted.setSSLParameters(parameters);
    encrypted.setSoTimeout(TIMEOUT_MILLIS);
    try {
      encrypted.startHandshake();
    } catch (IOException e) {
      encrypted.close();
      throw e;
    }
    return encrypted;
  }
}
