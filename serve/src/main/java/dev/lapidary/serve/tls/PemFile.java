package dev.lapidary.serve.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lapidary.core.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files of PEM (RFC 7468), as OpenSSL, certbot and cert-manager write them. Text around its parts,
 * and parts of another kind, are passed over.
 */
final class PemFile {
  private static final Pattern PART =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /** Of PKCS #8; it names no other way what is inside. */
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

  /** Nobody's chain is so long. */
  private static final long MAX_BYTES = 1 << 20;

  private PemFile() {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Part(String label, byte[] content) {}

  /**
   * The certificates of a file, in its order.
   *
   * @throws Failure (exit 2) if it cannot be read or has none
   */
  static List<X509Certificate> certificates(Path file) {
    List<X509Certificate> found = new ArrayList<>();
    for (Part part : parts(file)) {
      if (part.label().equals("CERTIFICATE") || part.label().equals("X509 CERTIFICATE")) {
        found.add(certificate(part, file, found.size() + 1));
      }
    }
    if (found.isEmpty()) {
      throw Failure.badInput(
          "[%s] holds no certificate, expected PEM with -----BEGIN CERTIFICATE-----", file);
    }
    return found;
  }

  private static X509Certificate certificate(Part part, Path file, int number) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      return (X509Certificate)
          factory.generateCertificate(new ByteArrayInputStream(part.content()));
    } catch (GeneralSecurityException e) {
      throw Failure.badInput(
          "[%s] its certificate %d is damaged: %s", file, number, Failure.reason(e));
    }
  }

  /**
   * The first private key of a file: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC).
   *
   * @throws Failure (exit 2) if it cannot be read, has none, or one with a passphrase
   */
  static PrivateKey privateKey(Path file) {
    for (Part part : parts(file)) {
      switch (part.label()) {
        case "PRIVATE KEY" -> {
          return key(part.content(), ALGORITHMS, file);
        }
        case "RSA PRIVATE KEY" -> {
          return key(Pkcs8.ofRsa(part.content()), List.of("RSA"), file);
        }
        case "EC PRIVATE KEY" -> {
          byte[] wrapped =
              Pkcs8.ofEc(part.content()).orElseThrow(() -> damaged(file, "it names no curve"));
          return key(wrapped, List.of("EC"), file);
        }
        case "ENCRYPTED PRIVATE KEY" -> throw encrypted(file);
        default -> {} // a certificate, parameters
      }
    }
    throw Failure.badInput(
        "[%s] holds no private key, expected PEM with -----BEGIN PRIVATE KEY-----", file);
  }

  private static Failure encrypted(Path file) {
    return Failure.badInput(
        "[%s] its key has a passphrase, for which there is nobody to ask; write it without one:"
            + " openssl pkey -in %s -out plain.pem, and chmod 600 plain.pem",
        file, file);
  }

  private static Failure damaged(Path file, String reason) {
    return Failure.badInput("[%s] its private key is damaged: %s", file, reason);
  }

  private static PrivateKey key(byte[] pkcs8, List<String> algorithms, Path file) {
    String reason = "";
    for (String algorithm : algorithms) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        reason = reason.isEmpty() ? Failure.reason(e) : reason;
      }
    }
    throw damaged(
        file,
        "it is none of " + String.join(", ", algorithms) + " that can be read (" + reason + ")");
  }

  private static List<Part> parts(Path file) {
    String text;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw Failure.badInput("[%s] has over 1 MB, expected a file of PEM", file);
      }
      text = new String(Files.readAllBytes(file), ISO_8859_1);
    } catch (IOException e) {
      throw Failure.badInput(
          "%s cannot be read, expected a file of PEM: %s", file, e.getClass().getSimpleName());
    }
    List<Part> parts = new ArrayList<>();
    Matcher match = PART.matcher(text);
    while (match.find()) {
      if (match.group(2).contains("ENCRYPTED")) {
        throw encrypted(file); // the older form: Proc-Type: 4,ENCRYPTED
      }
      try {
        byte[] content = Base64.getMimeDecoder().decode(match.group(2));
        parts.add(new Part(match.group(1), content));
      } catch (IllegalArgumentException e) {
        throw Failure.badInput(
            "[%s] its part %s is no base64: %s", file, match.group(1), Failure.reason(e));
      }
    }
    return parts;
  }
}
