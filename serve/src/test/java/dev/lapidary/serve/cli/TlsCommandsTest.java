package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.TestTls;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import dev.lapidary.serve.tls.TlsFiles;
import io.netty.pkitesting.X509Bundle;
import java.awt.Color;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The options of {@code serve}'s commands around a certificate. */
@Timeout(60)
class TlsCommandsTest {
  @TempDir Path folder;
  private StringWriter err = new StringWriter();

  private int serve(String... arguments) {
    err = new StringWriter();
    return ServeMain.run(new PrintWriter(new StringWriter()), new PrintWriter(err), arguments);
  }

  private PredictionServer server(X509Bundle own, Optional<X509Bundle> clients) throws Exception {
    TlsFiles files = TestTls.files(folder, own, clients);
    PredictionServer server =
        PredictionServer.bind(
            ServerSettings.local().withAccess(ServerSettings.Access.DEFAULT.withTls(files)));
    server.serve(ModelLoader.load(TinyModels.write(folder), 1));
    return server;
  }

  @Test
  void healthAsksBehindACertificate() throws Exception {
    X509Bundle clients = TestTls.selfSigned("clients");
    X509Bundle own = TestTls.certificate("probe").buildIssuedBy(clients);
    Path probe = folder.resolve("probe.pem");
    Files.writeString(probe, own.getCertificatePathPEM() + own.getPrivateKeyPEM());
    try (PredictionServer server = server(TestTls.selfSigned("a.example"), Optional.of(clients))) {
      String port = Integer.toString(server.uri().getPort());
      assertThat(serve("health", "--port", port, "--tls-client-certificate", probe.toString()))
          .as(err.toString())
          .isZero();
      assertThat(serve("health", "--port", port, "--tls")).isEqualTo(1); // shows none
      assertThat(err.toString())
          .contains("does not answer (", "is serve run on this port, with --tls-certificate?");
      assertThat(serve("health", "--port", port)).isEqualTo(1);
    }
    try (PredictionServer server = server(TestTls.selfSigned("a.example"), Optional.empty())) {
      String port = Integer.toString(server.uri().getPort());
      assertThat(serve("health", "--port", port, "--tls")).as(err.toString()).isZero();
    }
    assertThat(serve("health", "--tls-client-key", "k.pem")).isEqualTo(2);
    assertThat(err.toString()).contains("--tls-client-key needs --tls-client-certificate FILE.pem");
  }

  @Test
  void benchTrustsWhatItIsTold() throws Exception {
    X509Bundle own = TestTls.selfSigned("localhost");
    Path images = Files.createDirectory(folder.resolve("images"));
    Files.write(images.resolve("a.png"), TinyModels.png(Color.RED, 8, 8));
    try (PredictionServer server = server(own, Optional.empty())) {
      String[] ask = {
        "bench",
        "--url",
        server.uri().toString(),
        "--images",
        images.toString(),
        "--concurrency",
        "1",
        "--rounds",
        "3",
        "--seconds",
        "1"
      };
      assertThat(serve(ask)).isEqualTo(1);
      assertThat(err.toString()).contains(server.uri() + " does not answer: ");
      String[] trusting = java.util.Arrays.copyOf(ask, ask.length + 2);
      trusting[ask.length] = "--tls-ca";
      trusting[ask.length + 1] = folder.resolve("server.pem").toString();
      assertThat(serve(trusting)).as(err.toString()).isZero();
    }
    assertThat(serve("bench", "--model", "m.onnx", "--tls-ca", "a.pem")).isEqualTo(2);
    assertThat(err.toString()).contains("--header and --tls-… are of servers that run");
  }

  @Test
  void runSaysWhatIsWrongWithAKeyAndBeginsNothing() throws Exception {
    TlsFiles files = TestTls.files(folder);
    String certificate = files.certificate().toString();
    assertThat(serve("run", "--model", "m.onnx", "--tls-key", certificate)).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "--tls-key is of a server with a certificate; name it with --tls-certificate FILE.pem");
    assertThat(serve("run", "--model", "m.onnx", "--tls-client-ca", certificate)).isEqualTo(2);
    assertThat(err.toString()).contains("--tls-client-ca is of a server with a certificate");
    assertThat(serve("run", "--model", "m.onnx", "--tls-certificate", certificate)).isEqualTo(2);
    assertThat(err.toString())
        .contains("[" + certificate + "] holds no private key, expected PEM with");
  }
}
