package dev.lapidary.serve.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.TestTls;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X962Parameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which files make a server, and what is said of those that do not. */
class TlsFilesTest {
  private static final X509Bundle OWN = TestTls.selfSigned("one.example");
  private static final X509Bundle OTHER = TestTls.selfSigned("other.example");

  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    return file;
  }

  private static String pem(String label, byte[] content) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
  }

  private TlsCredentials read(String certificate, String key) throws IOException {
    return new TlsFiles(file("c.pem", certificate), file("k.pem", key), Optional.empty()).read();
  }

  private void refused(String certificate, String key, String words) {
    assertThatThrownBy(() -> read(certificate, key))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageMatching(words.replace("DIR", java.util.regex.Pattern.quote(folder + "/")));
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"ecp256", "ecp384", "rsa2048", "ed25519"})
  void keysOfEachKindAreRead(Algorithm algorithm) throws Exception {
    X509Bundle own = TestTls.certificate("a").algorithm(algorithm).buildSelfSigned();
    TlsCredentials read = read(own.getCertificatePathPEM(), own.getPrivateKeyPEM());
    assertThat(read.chain()).containsExactly(own.getCertificate());
    assertThat(read.key()).isEqualTo(own.getKeyPair().getPrivate());
    assertThat(read.keyStore().isKeyEntry("key")).isTrue();
    assertThat(read.authorities()).isEmpty();
  }

  /** As {@code openssl rsa -traditional} and {@code openssl ecparam -genkey} write them. */
  @Test
  void olderFormsOfKeysAreRead() throws Exception {
    X509Bundle rsa = TestTls.certificate("a").rsa2048().buildSelfSigned();
    PrivateKeyInfo rsaInfo = PrivateKeyInfo.getInstance(rsa.getKeyPair().getPrivate().getEncoded());
    String pkcs1 = pem("RSA PRIVATE KEY", rsaInfo.parsePrivateKey().toASN1Primitive().getEncoded());
    assertThat(read(rsa.getCertificatePEM(), pkcs1).key()).isEqualTo(rsa.getKeyPair().getPrivate());

    PrivateKeyInfo ecInfo = PrivateKeyInfo.getInstance(OWN.getKeyPair().getPrivate().getEncoded());
    ECPrivateKey bare = ECPrivateKey.getInstance(ecInfo.parsePrivateKey());
    ECPrivateKey named =
        new ECPrivateKey(
            256,
            bare.getKey(),
            bare.getPublicKey(),
            new X962Parameters(X9ObjectIdentifiers.prime256v1));
    assertThat(ECNamedCurveTable.getName(X9ObjectIdentifiers.prime256v1)).isNotNull();
    String sec1 =
        pem("EC PARAMETERS", X9ObjectIdentifiers.prime256v1.getEncoded())
            + pem("EC PRIVATE KEY", named.getEncoded());
    // Their encodings differ in whether the public key is repeated.
    assertThat(
            ((java.security.interfaces.ECPrivateKey) read(OWN.getCertificatePEM(), sec1).key())
                .getS())
        .isEqualTo(bare.getKey());
    refused(
        OWN.getCertificatePEM(),
        pem("EC PRIVATE KEY", new byte[] {0x30, 3, 2, 1, 1}),
        "\\[DIRk.pem] its private key is damaged: it names no curve");
  }

  @Test
  void oneFileMayHoldBothWithTextAround() throws Exception {
    Path both =
        file(
            "both.pem",
            "Certificate:\n    Data: it is\n"
                + OWN.getCertificatePEM().replace("\n", "\r\n")
                + "\nBag Attributes\n"
                + OWN.getPrivateKeyPEM());
    TlsCredentials read = new TlsFiles(both, both, Optional.of(both)).read();
    assertThat(read.chain()).hasSize(1);
    assertThat(read.authorities()).hasSize(1);
    assertThat(read.trustStore().size()).isEqualTo(1);
    assertThat(read.warnings()).isEmpty();
  }

  @Test
  void aChainGoesFromTheServerOn() throws Exception {
    X509Bundle leaf =
        TestTls.certificate("leaf.example").setIsCertificateAuthority(false).buildIssuedBy(OWN);
    String right = leaf.getCertificatePEM() + OWN.getCertificatePEM();
    assertThat(read(right, leaf.getPrivateKeyPEM()).chain()).hasSize(2);
    refused(
        leaf.getCertificatePEM() + OTHER.getCertificatePEM(),
        leaf.getPrivateKeyPEM(),
        "\\[DIRc.pem] its certificate 2 is of 'CN=other.example', expected 'CN=one.example', who"
            + " issued the one before it; put the server's own first, and behind each whoever issued"
            + " it");
  }

  @Test
  void saysWhatIsWrong() throws Exception {
    String key = OWN.getPrivateKeyPEM();
    String certificate = OWN.getCertificatePEM();
    refused(
        certificate,
        OTHER.getPrivateKeyPEM(),
        "\\[DIRk.pem] its key \\(EC\\) is not that of the certificate of 'CN=one.example' \\(EC\\) in"
            + " DIRc.pem; name the files of one pair, and the server's own certificate first in its"
            + " file");
    X509Bundle rsa = TestTls.certificate("a").rsa2048().buildSelfSigned();
    refused(
        certificate,
        rsa.getPrivateKeyPEM(),
        "\\[DIRk.pem] its key \\(RSA\\) is not that of .* \\(EC\\) in DIRc.pem; .*");
    refused(
        key,
        key,
        "\\[DIRc.pem] holds no certificate, expected PEM with -----BEGIN CERTIFICATE-----");
    refused(
        certificate,
        certificate,
        "\\[DIRk.pem] holds no private key, expected PEM with -----BEGIN PRIVATE KEY-----");
    refused(
        certificate,
        pem("ENCRYPTED PRIVATE KEY", new byte[] {1}),
        "\\[DIRk.pem] its key has a passphrase, for which there is nobody to ask; write it without"
            + " one: openssl pkey -in DIRk.pem -out plain.pem, and chmod 600 plain.pem");
    refused(
        certificate,
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE"
            + " KEY-----\n",
        "\\[DIRk.pem] its key has a passphrase, .*");
    refused(
        certificate,
        pem("PRIVATE KEY", new byte[] {0x30, 1, 0}),
        "\\[DIRk.pem] its private key is damaged: it is none of RSA, EC, EdDSA that can be read \\(.*\\)");
    refused(
        pem("CERTIFICATE", new byte[] {0x30, 1, 0}),
        key,
        "\\[DIRc.pem] its certificate 1 is damaged: .*");
    Path none = folder.resolve("none.pem");
    assertThatThrownBy(() -> new TlsFiles(none, none, Optional.empty()).read())
        .hasMessage(none + " cannot be read, expected a file of PEM: NoSuchFileException");
    Path own = file("own.pem", certificate + key);
    Path noAuthority = file("empty.pem", "");
    assertThatThrownBy(() -> new TlsFiles(own, own, Optional.of(noAuthority)).read())
        .hasMessageStartingWith("[" + noAuthority + "] holds no certificate, ");
  }

  @Test
  void aCertificateHasItsTime() throws Exception {
    Instant now = Instant.now();
    X509Bundle over =
        TestTls.certificate("over.example")
            .notBefore(now.minus(Duration.ofDays(9)))
            .notAfter(now.minus(Duration.ofDays(1)))
            .buildSelfSigned();
    refused(
        over.getCertificatePEM(),
        over.getPrivateKeyPEM(),
        "\\[DIRc.pem] its certificate of 'CN=over.example' expired at \\S+Z; have it renewed");
    X509Bundle early =
        TestTls.certificate("early.example")
            .notBefore(now.plus(Duration.ofDays(1)))
            .notAfter(now.plus(Duration.ofDays(9)))
            .buildSelfSigned();
    refused(
        early.getCertificatePEM(),
        early.getPrivateKeyPEM(),
        "\\[DIRc.pem] its certificate of 'CN=early.example' is not valid before \\S+Z, and this"
            + " machine's clock says \\S+Z");
    X509Bundle soon =
        TestTls.certificate("soon.example")
            .notBefore(now.minus(Duration.ofDays(1)))
            .notAfter(now.plus(Duration.ofDays(3)))
            .buildSelfSigned();
    assertThat(read(soon.getCertificatePEM(), soon.getPrivateKeyPEM()).warnings())
        .singleElement()
        .asString()
        .startsWith("[" + folder + "/c.pem] its certificate expires at ");
  }

  @Test
  void aKeyIsNotForOthersEyes() throws Exception {
    Path key = file("k.pem", OWN.getPrivateKeyPEM());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    Path certificate = file("c.pem", OWN.getCertificatePEM());
    assertThat(new TlsFiles(certificate, key, Optional.empty()).read().warnings())
        .containsExactly(
            "["
                + key
                + "] others on this machine can read the private key (rw-r--r--); chmod 600 it");
  }
}
