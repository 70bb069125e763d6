package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.Collector;
import dev.lapidary.serve.RawClient;
import java.awt.Color;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where spans go, as a server's user says it. */
@Timeout(120)
class OtlpTest {
  private static final byte[] IMAGE = TinyModels.png(Color.RED, 64, 64);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"localhost:4318", "grpc://localhost:4317", "http:/traces", "http://a?b"})
  void whatIsNoAddressIsRefused(String url) {
    StringWriter err = new StringWriter();
    int status =
        ServeMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            "run",
            "--model",
            "none.onnx",
            "--otlp-endpoint",
            url);
    assertThat(status).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: --otlp-endpoint %s is no collector's address, expected one such as http://localhost:4318%n"
                .formatted(url));
  }

  @Test
  void theEnvironmentsCollectorGetsAllSpansBeforeTheServerEnds() throws Exception {
    try (Collector collector = new Collector();
        ServerProcess server =
            ServerProcess.start(
                TinyModels.write(folder),
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.uri().toString(),
                    "OTEL_SERVICE_NAME",
                    "shoes"))) {
      try (RawClient client = new RawClient(server.uri())) {
        client.send(RawClient.request(IMAGE, 1));
        assertThat(client.status()).isEqualTo(200);
      }
      server.terminate();
      server.status();
      assertThat(collector.service()).isEqualTo("shoes");
      assertThat(collector.span("POST /predict").getStatus().getCodeValue()).isZero();
    }
  }

  @Test
  void saysWhichVariableMakesNoSense() throws Exception {
    try (ServerProcess server =
        ServerProcess.start(
            TinyModels.write(folder),
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318",
                "OTEL_TRACES_SAMPLER", "sometimes"))) {
      assertThat(server.firstMessage())
          .startsWith("error: OpenTelemetry refuses its configuration: ")
          .contains("sometimes")
          .endsWith("; expected OTEL_… variables of its SDK, with OTLP over http/protobuf");
      assertThat(server.status()).isEqualTo(2);
    }
  }

  /** So that a start takes no longer where nobody asked for spans. */
  @Test
  void noneOfItsClassesIsLoadedUnlessACollectorIsNamed() throws Exception {
    Path loaded = folder.resolve("loaded");
    try (ServerProcess server =
        ServerProcess.start(
            TinyModels.write(folder),
            Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + loaded))) {
      try (RawClient client = new RawClient(server.uri())) {
        client.send(RawClient.request(IMAGE, 1));
        assertThat(client.status()).isEqualTo(200);
      }
      server.terminate();
      server.status();
    }
    assertThat(Files.readAllLines(loaded))
        .anyMatch(line -> line.contains("dev.lapidary.serve.http.ServerState "))
        .noneMatch(line -> line.contains("opentelemetry"))
        .noneMatch(line -> line.contains("dev.lapidary.serve.tracing."));
  }
}
