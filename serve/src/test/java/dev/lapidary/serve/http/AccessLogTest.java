package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import io.grpc.Metadata;
import io.grpc.Status;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Request ids, traces, the times in an answer's header, and the line of each request. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class AccessLogTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @TempDir Path folder;

  @Test
  void eachRequestIsALineWithItsIdAndTrace() throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    AccessLog log = new AccessLog(written);
    try (PredictionServer server =
        PredictionServer.bind(ServerSettings.local(), Optional.of(log))) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      Client client = new Client(server.uri());
      HttpResponse<byte[]> answer =
          client.send(
              client
                  .request("/predict?topK=1", "image/png")
                  .header("X-Request-Id", "order-7")
                  .header("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01")
                  .POST(BodyPublishers.ofByteArray(IMAGE)));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("X-Request-Id")).contains("order-7");
      assertThat(answer.headers().firstValue("Server-Timing").orElseThrow())
          .matches("decode;dur=\\d+\\.\\d{3}, queue;dur=\\d+\\.\\d{3}, run;dur=\\d+\\.\\d{3}");
      HttpResponse<byte[]> none = client.get("/none%22%0a");
      assertThat(none.statusCode()).isEqualTo(404);
      assertThat(none.headers().firstValue("X-Request-Id").orElseThrow()).hasSize(36);
    }
    List<JsonNode> lines = lines(written);
    assertThat(lines).hasSize(2);
    JsonNode first = lines.get(0);
    assertThat(first.get("method").asText()).isEqualTo("POST");
    assertThat(first.get("path").asText()).isEqualTo("/predict");
    assertThat(first.get("protocol").asText()).isEqualTo("HTTP/1.1");
    assertThat(first.get("status").asInt()).isEqualTo(200);
    assertThat(first.get("bytes").asInt()).isGreaterThan(50);
    assertThat(first.get("client").asText()).isEqualTo("127.0.0.1");
    assertThat(first.get("request_id").asText()).isEqualTo("order-7");
    assertThat(first.get("trace_id").asText()).isEqualTo(TRACE);
    assertThat(first.get("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(first.get("millis").isNumber()).isTrue();
    assertThat(lines.get(1).get("status").asInt()).isEqualTo(404);
    assertThat(lines.get(1).has("trace_id")).isFalse();
  }

  private static List<JsonNode> lines(ByteArrayOutputStream written) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : written.toString(UTF_8).split("\n")) {
      lines.add(new JsonMapper().readTree(line));
    }
    return lines;
  }

  @Test
  void eachCallOverGrpcIsALine() throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    Metadata.Key<String> id = Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);
    AtomicReference<Metadata> head = new AtomicReference<>(new Metadata());
    AtomicReference<Metadata> end = new AtomicReference<>(new Metadata());
    Path keys = Files.writeString(folder.resolve("keys"), "0123456789abcdef\n");
    try (PredictionServer server =
        PredictionServer.bind(
            ServerSettings.local()
                .withAccess(new ServerSettings.Access(Optional.of(keys), true, Optional.empty())),
            Optional.of(new AccessLog(written)))) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      try (GrpcClient bare = new GrpcClient(server.listenGrpc(0))) {
        GrpcClient client = bare.capturing(head, end).with("x-api-key", "0123456789abcdef");
        client
            .with("x-request-id", "order-7")
            .with("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01")
            .infer(GrpcClient.images(IMAGE));
        assertThat(head.get().get(id)).isEqualTo("order-7");
        assertThat(client.refusal(GrpcClient.images(new byte[] {1})).getCode())
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(end.get().get(id)).hasSize(36);
        assertThat(bare.refusal(GrpcClient.images(IMAGE)).getCode())
            .isEqualTo(Status.Code.UNAUTHENTICATED);
      }
    }
    List<JsonNode> lines = lines(written);
    assertThat(lines)
        .extracting(line -> line.get("status").asText())
        .containsExactly("OK", "INVALID_ARGUMENT", "UNAUTHENTICATED");
    JsonNode first = lines.get(0);
    assertThat(first.get("protocol").asText()).isEqualTo("gRPC");
    assertThat(first.get("method").asText()).isEqualTo("POST");
    assertThat(first.get("path").asText()).isEqualTo("/inference.GRPCInferenceService/ModelInfer");
    assertThat(first.get("client").asText()).isEqualTo("127.0.0.1");
    assertThat(first.get("bytes").asInt()).isGreaterThan(12);
    assertThat(first.get("request_id").asText()).isEqualTo("order-7");
    assertThat(first.get("trace_id").asText()).isEqualTo(TRACE);
    assertThat(first.get("user_agent").asText()).startsWith("grpc-java");
    assertThat(lines.get(1).get("bytes").asInt()).isZero();
  }

  @Test
  void inferSaysWhereItsTimeWent() throws Exception {
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      Client client = new Client(server.uri());
      HttpResponse<byte[]> answer =
          client.send(
              client
                  .request("/v2/models/tiny/infer", "application/octet-stream")
                  .header("Inference-Header-Content-Length", "0")
                  .POST(BodyPublishers.ofByteArray(IMAGE)));
      assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
      assertThat(answer.headers().firstValue("Server-Timing").orElseThrow())
          .matches("decode;dur=\\d+\\.\\d{3}, queue;dur=\\d+\\.\\d{3}, run;dur=\\d+\\.\\d{3}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, true",
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more, true",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more, false",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, false",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01, false",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01, false",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01, false",
    "0af7651916cd43dd8448eb211c80319c, false"
  })
  void onlyAValidTraceIsOne(String parent, boolean valid) {
    assertThat(RequestTrace.of("a", parent).traceId().isPresent()).isEqualTo(valid);
  }

  @Test
  void anIdThatIsNoneIsReplaced() {
    assertThat(RequestTrace.of("a\"b", null).id()).isEqualTo("a\"b");
    assertThat(RequestTrace.of("a b", null).id()).hasSize(36);
    assertThat(RequestTrace.of("", null).id()).hasSize(36);
    assertThat(RequestTrace.of("x".repeat(129), null).id()).hasSize(36);
  }
}
