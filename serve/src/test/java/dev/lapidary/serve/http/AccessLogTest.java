package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.PreprocessingOptions;
import dev.lapidary.serve.NoLeaks;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
      server.serve(ModelLoader.load(TinyModels.write(folder), PreprocessingOptions.NONE, 1));
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
    List<JsonNode> lines = new ArrayList<>();
    for (String line : written.toString().split("\n")) {
      lines.add(new JsonMapper().readTree(line));
    }
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
