package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.RawClient;
import dev.lapidary.serve.TestTls;
import io.grpc.ChannelCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.netty.pkitesting.X509Bundle;
import java.awt.Color;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/1.1, HTTP/2 and gRPC behind a certificate, and clients that need one. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class TlsTest {
  private static final byte[] IMAGE = TinyModels.png(Color.GREEN, 8, 8);
  private static final X509Bundle OWN = TestTls.selfSigned("localhost");
  private static final X509Bundle CLIENTS = TestTls.selfSigned("clients");

  @TempDir Path folder;

  private PredictionServer serve(Optional<X509Bundle> clients, Optional<AccessLog> log)
      throws Exception {
    ServerSettings settings =
        ServerSettings.local()
            .withTimeouts(
                ServerSettings.Timeouts.DEFAULT.withStop(Duration.ZERO, Duration.ofMinutes(10)))
            .withAccess(ServerSettings.Access.DEFAULT.withTls(TestTls.files(folder, OWN, clients)));
    PredictionServer server = PredictionServer.bind(settings, log);
    server.serve(ModelLoader.load(TinyModels.write(folder), 1));
    return server;
  }

  private PredictionServer serve() throws Exception {
    return serve(Optional.empty(), Optional.empty());
  }

  private static X509Bundle issuedBy(X509Bundle authority) throws Exception {
    return TestTls.certificate("client").setIsCertificateAuthority(false).buildIssuedBy(authority);
  }

  private static X509Certificate shownBy(URI server) throws IOException {
    try (SSLSocket socket =
        TestTls.handshake(new Socket(server.getHost(), server.getPort()), "http/1.1")) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void bothVersionsAnswer(Version version) throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    try (PredictionServer server = serve(Optional.empty(), Optional.of(new AccessLog(written)))) {
      assertThat(server.uri().getScheme()).isEqualTo("https");
      Client client = new Client(server.uri(), version, Optional.empty());
      for (int i = 0; i < 3; i++) {
        HttpResponse<byte[]> answer = client.post("/predict?topK=1", "image/png", IMAGE);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Client.json(answer).at("/predictions/0/classes/0/label").asText())
            .isEqualTo("green");
      }
      HttpResponse<byte[]> none = client.get("/none");
      assertThat(none.statusCode()).isEqualTo(404);
      assertThat(none.headers().firstValue("x-http2-stream-id")).isEmpty();
    }
    assertThat(written.toString(UTF_8))
        .contains(version == Version.HTTP_2 ? "\"HTTP/2.0\"" : "\"HTTP/1.1\"");
  }

  /** Nothing is answered that is not encrypted, and what is no TLS ends its connection. */
  @Test
  void plainRequestsAreNotAnswered() throws Exception {
    try (PredictionServer server = serve();
        Socket plain = new Socket("127.0.0.1", server.uri().getPort())) {
      plain.getOutputStream().write("GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(ISO_8859_1));
      byte[] said = plain.getInputStream().readAllBytes();
      assertThat(new String(said, ISO_8859_1)).doesNotContain("HTTP", "lapidary");
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void clientsShowACertificateOfTheAuthority(Version version) throws Exception {
    try (PredictionServer server = serve(Optional.of(CLIENTS), Optional.empty())) {
      X509Bundle own = issuedBy(CLIENTS);
      assertThat(new Client(server.uri(), version, Optional.of(own)).get("/v2").statusCode())
          .isEqualTo(200);
      assertThatThrownBy(() -> new Client(server.uri(), version, Optional.empty()).get("/v2"))
          .isInstanceOf(IOException.class);
      X509Bundle foreign = issuedBy(OWN);
      assertThatThrownBy(() -> new Client(server.uri(), version, Optional.of(foreign)).get("/v2"))
          .isInstanceOf(IOException.class);
    }
  }

  private static ChannelCredentials grpc(Optional<X509Bundle> own) throws Exception {
    TlsChannelCredentials.Builder all =
        TlsChannelCredentials.newBuilder()
            .trustManager(new ByteArrayInputStream(OWN.getCertificatePEM().getBytes(UTF_8)));
    if (own.isPresent()) {
      all.keyManager(
          new ByteArrayInputStream(own.get().getCertificatePathPEM().getBytes(UTF_8)),
          new ByteArrayInputStream(own.get().getPrivateKeyPEM().getBytes(UTF_8)));
    }
    return all.build();
  }

  @Test
  void grpcHasTheSameCertificateAndAsksTheSameClients() throws Exception {
    try (PredictionServer server = serve(Optional.of(CLIENTS), Optional.empty())) {
      int port = server.listenGrpc(0);
      try (GrpcClient known = new GrpcClient(port, grpc(Optional.of(issuedBy(CLIENTS))));
          GrpcClient none = new GrpcClient(port, grpc(Optional.empty()));
          GrpcClient foreign = new GrpcClient(port, grpc(Optional.of(issuedBy(OWN))));
          GrpcClient plain = new GrpcClient(port)) {
        assertThat(known.infer(GrpcClient.images(IMAGE)).getOutputs(0).getShape(0)).isEqualTo(1);
        for (GrpcClient other : new GrpcClient[] {none, foreign, plain}) {
          assertThat(other.refusal(GrpcClient.images(IMAGE)).getCode())
              .isEqualTo(Status.Code.UNAVAILABLE);
        }
      }
    }
  }

  /** Connections that are there go on with the one that they have. */
  @Test
  void anotherCertificateIsTakenWhileItServes() throws Exception {
    X509Bundle next =
        TestTls.certificate("localhost").buildIssuedBy(TestTls.selfSigned("authority"));
    try (PredictionServer server = serve()) {
      int port = server.listenGrpc(0);
      URI grpc = URI.create("https://127.0.0.1:" + port);
      RawClient before = new RawClient(server.uri());
      assertThat(shownBy(server.uri())).isEqualTo(OWN.getCertificate());
      assertThat(grpcShownBy(grpc)).isEqualTo(OWN.getCertificate());
      TestTls.files(folder, next, Optional.empty());
      assertThat(server.readCertificate()).isEmpty();
      assertThat(shownBy(server.uri())).isEqualTo(next.getCertificate());
      assertThat(grpcShownBy(grpc)).isEqualTo(next.getCertificate());
      before.send(RawClient.request(IMAGE, 1));
      assertThat(before.status()).isEqualTo(200);
      before.close();

      Files.writeString(folder.resolve("server.key"), OWN.getPrivateKeyPEM());
      assertThatThrownBy(server::readCertificate)
          .isInstanceOf(Failure.class)
          .hasMessageContaining("is not that of the certificate of 'CN=localhost'");
      assertThat(shownBy(server.uri())).isEqualTo(next.getCertificate());
    }
  }

  private static X509Certificate grpcShownBy(URI server) throws IOException {
    try (SSLSocket socket =
        TestTls.handshake(new Socket(server.getHost(), server.getPort()), "h2")) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  /** Its client has half of a body on its way, and reads an answer nevertheless. */
  @Test
  void anAnswerBeforeItsConnectionsEndIsNotLost() throws Exception {
    try (PredictionServer server = serve();
        RawClient client = new RawClient(server.uri())) {
      client.send(
          ("POST /predict HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 500000\r\n\r\n"
                  + "x".repeat(200_000))
              .getBytes(ISO_8859_1));
      assertThat(client.status()).isEqualTo(400);
      assertThat(client.isClosed()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aStopAnswersWhatItHasAndEndsConnections(Version version) throws Exception {
    Client client;
    try (PredictionServer server = serve()) {
      client = new Client(server.uri(), version, Optional.empty());
      assertThat(client.get("/v2").statusCode()).isEqualTo(200);
    } // its grace time is longer than this test may take
    assertThatThrownBy(() -> client.get("/v2")).isInstanceOf(IOException.class);
  }
}
