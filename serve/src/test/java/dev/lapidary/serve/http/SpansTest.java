package dev.lapidary.serve.http;

import static dev.lapidary.serve.Collector.attribute;
import static dev.lapidary.serve.Collector.traceId;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.Collector;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.tracing.RequestSpans;
import io.grpc.Status;
import io.opentelemetry.proto.trace.v1.Span;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Spans of requests, as a collector gets them. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class SpansTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";
  private static final String INFER = "inference.GRPCInferenceService/ModelInfer";

  @TempDir Path folder;

  /** Answers nothing after its end, by when all spans are sent. */
  private interface Asking {
    void ask(PredictionServer server, Client client) throws Exception;
  }

  private ByteArrayOutputStream serve(URI collector, Asking asking) throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (PredictionServer server =
        PredictionServer.bind(
            ServerSettings.local(),
            Optional.of(new AccessLog(log)),
            Optional.of(RequestSpans.toCollector(Optional.of(collector))))) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      asking.ask(server, new Client(server.uri()));
    }
    return log;
  }

  private static HttpResponse<byte[]> predict(Client client, String path, String parent)
      throws Exception {
    return client.send(
        client
            .request(path, "image/png")
            .header("traceparent", parent)
            .header("tracestate", "vendor=1")
            .POST(BodyPublishers.ofByteArray(IMAGE)));
  }

  @Test
  void aRequestIsASpanOfItsCallersTraceWithItsStages() throws Exception {
    long before = nanos(Instant.now());
    try (Collector collector = new Collector()) {
      serve(
          collector.uri(),
          (server, client) -> {
            String parent = "00-" + TRACE + "-" + CALLER + "-01";
            assertThat(predict(client, "/predict/tiny?topK=1", parent).statusCode()).isEqualTo(200);
            client.get("/v2/health/ready"); // is none
          });
      assertThat(collector.service()).isEqualTo("lapidary-serve");
      assertThat(collector.spans()).hasSize(4).allMatch(span -> traceId(span).equals(TRACE));
      Span request = collector.span("POST /predict/{model}");
      assertThat(hex(request.getParentSpanId().toByteArray())).isEqualTo(CALLER);
      assertThat(request.getTraceState()).isEqualTo("vendor=1");
      assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
      assertThat(attribute(request, "http.response.status_code")).isEqualTo("200");
      assertThat(attribute(request, "url.path")).isEqualTo("/predict/tiny");
      assertThat(attribute(request, "network.protocol.version")).isEqualTo("1.1");
      assertThat(attribute(request, "client.address")).isEqualTo("127.0.0.1");
      assertThat(attribute(request, "lapidary.model.name")).isEqualTo("tiny");
      long end = before;
      for (String stage : List.of("decode", "queue", "run")) {
        Span span = collector.span(stage);
        assertThat(span.getParentSpanId()).isEqualTo(request.getSpanId());
        assertThat(attribute(span, "lapidary.model.name")).isEqualTo("tiny");
        assertThat(span.getStartTimeUnixNano()).isGreaterThanOrEqualTo(end);
        end = span.getEndTimeUnixNano();
        assertThat(end).isGreaterThanOrEqualTo(span.getStartTimeUnixNano());
      }
      assertThat(request.getStartTimeUnixNano()).isGreaterThanOrEqualTo(before);
      assertThat(request.getEndTimeUnixNano()).isBetween(end, nanos(Instant.now()));
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000 + time.getNano();
  }

  @Test
  void whatIsRefusedHasNoStagesAndIsNoErrorOfTheServers() throws Exception {
    try (Collector collector = new Collector();
        PredictionServer server =
            PredictionServer.bind(
                ServerSettings.local(),
                Optional.empty(),
                Optional.of(RequestSpans.toCollector(Optional.of(collector.uri()))))) {
      Client client = new Client(server.uri());
      assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(503);
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      assertThat(client.post("/predict/none", "image/png", IMAGE).statusCode()).isEqualTo(404);
      server.close();
      Span loading = collector.span("POST /predict");
      assertThat(loading.getStatus().getCodeValue()).isEqualTo(2); // STATUS_CODE_ERROR
      assertThat(attribute(loading, "error.type")).isEqualTo("503");
      Span refused = collector.span("POST /predict/{model}");
      assertThat(refused.getStatus().getCodeValue()).isZero();
      assertThat(attribute(refused, "http.response.status_code")).isEqualTo("404");
      assertThat(attribute(refused, "lapidary.model.name")).isEmpty();
      assertThat(collector.spans()).hasSize(2);
    }
  }

  @Test
  void callsOverGrpcAndTensorsAreSpansToo() throws Exception {
    try (Collector collector = new Collector()) {
      serve(
          collector.uri(),
          (server, client) -> {
            client.send(
                client
                    .request("/v2/models/tiny/infer", "application/octet-stream")
                    .header("Inference-Header-Content-Length", "0")
                    .POST(BodyPublishers.ofByteArray(IMAGE)));
            try (GrpcClient calls = new GrpcClient(server.listenGrpc(0))) {
              calls
                  .with("traceparent", "00-" + TRACE + "-" + CALLER + "-01")
                  .infer(GrpcClient.images(IMAGE));
              assertThat(calls.refusal(GrpcClient.images(new byte[] {1})).getCode())
                  .isEqualTo(Status.Code.INVALID_ARGUMENT);
            }
          });
      Span infer = collector.span("POST /v2/models/{model}/infer");
      List<Span> calls =
          collector.spans().stream().filter(span -> span.getName().equals(INFER)).toList();
      assertThat(calls).hasSize(2);
      Span call = calls.get(0);
      assertThat(traceId(call)).isEqualTo(TRACE);
      assertThat(hex(call.getParentSpanId().toByteArray())).isEqualTo(CALLER);
      assertThat(attribute(call, "rpc.method")).isEqualTo("ModelInfer");
      assertThat(attribute(call, "rpc.response.status_code")).isEqualTo("OK");
      assertThat(attribute(calls.get(1), "rpc.response.status_code")).isEqualTo("INVALID_ARGUMENT");
      for (Span request : List.of(infer, call)) {
        assertThat(collector.spans())
            .filteredOn(span -> span.getParentSpanId().equals(request.getSpanId()))
            .extracting(Span::getName)
            .containsExactly("decode", "queue", "run");
      }
      assertThat(collector.spans()).hasSize(9);
    }
  }

  /** The caller has decided for its whole trace. */
  @Test
  void whatItsCallerDoesNotSampleIsNotSent() throws Exception {
    try (Collector collector = new Collector()) {
      ByteArrayOutputStream log =
          serve(
              collector.uri(),
              (server, client) -> {
                predict(client, "/predict", "00-" + TRACE + "-" + CALLER + "-00");
                predict(client, "/predict", "no trace");
              });
      Span only = collector.span("POST /predict");
      List<String> lines = log.toString(UTF_8).lines().toList();
      assertThat(logged(lines.get(0))).isEqualTo(TRACE);
      assertThat(logged(lines.get(1))).isEqualTo(traceId(only)); // one that begins here
      assertThat(only.getParentSpanId().isEmpty()).isTrue();
    }
  }

  private static String logged(String line) throws Exception {
    return new JsonMapper().readTree(line).get("trace_id").asText();
  }

  @Test
  void aCollectorThatIsNotThereTakesNothingFromAnyAnswer() throws Exception {
    URI nobody;
    try (ServerSocket taken = new ServerSocket(0)) {
      nobody = URI.create("http://127.0.0.1:" + taken.getLocalPort());
    }
    serve(
        nobody,
        (server, client) -> {
          for (int i = 0; i < 20; i++) {
            assertThat(client.post("/predict", "image/png", IMAGE).statusCode()).isEqualTo(200);
          }
        });
  }
}
