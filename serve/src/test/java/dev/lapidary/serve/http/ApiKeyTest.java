package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ServerLiveRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ServerLiveResponse;
import java.awt.Color;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ApiKeyTest {
  private static final String KEY = "0123456789abcdef";
  private static final String OTHER = "another-key-of-this-server";
  private static final byte[] IMAGE = TinyModels.png(Color.GREEN, 9, 9);

  @TempDir Path folder;
  private Path keys;
  private PredictionServer server;
  private Client client;

  @BeforeEach
  void start() throws Exception {
    keys = folder.resolve("keys");
    Files.writeString(keys, "ours:" + KEY + "\n");
    server =
        PredictionServer.bind(
            ServerSettings.local()
                .withAccess(new ServerSettings.Access(Optional.of(keys), true, Optional.empty())));
    assertThat(server.serve(ModelLoader.load(TinyModels.write(folder), 1))).isEmpty();
    client = new Client(server.uri());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<byte[]> send(String method, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        client
            .request(path, "application/octet-stream")
            .method(method, BodyPublishers.ofByteArray(IMAGE));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request);
  }

  @Test
  void answersWhoShowsAKey() throws Exception {
    HttpResponse<byte[]> byHeader = send("POST", "/predict", "X-API-Key", KEY);
    assertThat(byHeader.statusCode()).isEqualTo(200);
    assertThat(new String(byHeader.body(), UTF_8)).contains("green");
    assertThat(send("POST", "/predict", "Authorization", "Bearer " + KEY).statusCode())
        .isEqualTo(200);
    assertThat(send("GET", "/metrics", "Authorization", "Bearer " + KEY).statusCode())
        .isEqualTo(200);
    assertThat(send("GET", "/v2/models/tiny", "X-API-Key", KEY).statusCode()).isEqualTo(200);
    assertThat(send("GET", "/nowhere", "X-API-Key", KEY).statusCode()).isEqualTo(404);
  }

  @Test
  void turnsAwayWhoShowsNoneWhateverItAsksFor() throws Exception {
    List<String> covered =
        List.of(
            "POST /predict",
            "POST /predict/tiny",
            "GET /metrics",
            "GET /v2",
            "GET /v2/models/tiny",
            "GET /v2/models/tiny/ready",
            "GET /v2/models/stats",
            "POST /v2/models/tiny/infer",
            "POST /v2/repository/index",
            "POST /v2/repository/models/tiny/unload",
            "GET /v2/health/live/",
            "GET /v2/health/%6cive",
            "GET /nowhere",
            "DELETE /predict");
    for (String each : covered) {
      String[] request = each.split(" ", 2);
      for (String key : List.of("", OTHER, KEY + " ", "Basic " + KEY)) {
        HttpResponse<byte[]> answer =
            key.isEmpty()
                ? send(request[0], request[1])
                : send(request[0], request[1], "Authorization", "Bearer x" + key);
        assertThat(answer.statusCode()).as(each + " with " + key).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate"))
            .contains("Bearer realm=\"lapidary\"");
        String why = key.isEmpty() ? "the request has no API key" : "the API key is not known";
        String detail =
            why + ", expected one of the server's as Authorization: Bearer KEY or X-API-Key: KEY";
        if (request[1].startsWith("/v2")) {
          assertThat(Client.json(answer).get("error").asText()).isEqualTo(detail);
        } else {
          assertThat(answer.headers().firstValue("Content-Type"))
              .contains("application/problem+json");
          assertThat(Client.json(answer).get("detail").asText()).isEqualTo(detail);
          assertThat(Client.json(answer).get("code").asText()).isEqualTo("unauthorized");
        }
      }
    }
    assertThat(server.requests().received()).isZero();
    HttpResponse<byte[]> metrics = send("GET", "/metrics", "X-API-Key", KEY);
    assertThat(new String(metrics.body(), UTF_8))
        .contains("lapidary_unauthorized_total %.1f".formatted(4.0 * covered.size()));
  }

  /** The same keys for the same models; nothing is taken in without one. */
  @Test
  void asksOverGrpcToo() throws Exception {
    try (GrpcClient grpc = new GrpcClient(server.listenGrpc(0))) {
      ModelMetadataRequest request = ModelMetadataRequest.newBuilder().setName("tiny").build();
      assertThatThrownBy(() -> grpc.call("ModelMetadata", request, ModelMetadataResponse.parser()))
          .hasMessage(
              "UNAUTHENTICATED: the request has no API key, expected one of the server's as"
                  + " Authorization: Bearer KEY or X-API-Key: KEY");
      for (String name : List.of("ModelInfer", "RepositoryModelUnload", "RepositoryIndex")) {
        assertThatThrownBy(
                () -> grpc.with("x-api-key", OTHER).call(name, request, request.getParserForType()))
            .hasMessageStartingWith("UNAUTHENTICATED: the API key is not known");
      }
      for (GrpcClient known :
          List.of(grpc.with("x-api-key", KEY), grpc.with("authorization", "Bearer " + KEY))) {
        assertThat(known.call("ModelMetadata", request, ModelMetadataResponse.parser()).getName())
            .isEqualTo("tiny");
      }
      ServerLiveRequest live = ServerLiveRequest.getDefaultInstance();
      assertThat(grpc.call("ServerLive", live, ServerLiveResponse.parser()).getLive()).isTrue();
    }
  }

  @Test
  void healthIsOpen() throws Exception {
    assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
    assertThat(client.get("/v2/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void readsTheFileAgainAndKeepsTheKeysWhereItCannot() throws Exception {
    Files.writeString(keys, OTHER + "\n");
    assertThat(send("POST", "/predict", "X-API-Key", OTHER).statusCode()).isEqualTo(401);
    server.readApiKeys();
    assertThat(send("POST", "/predict", "X-API-Key", OTHER).statusCode()).isEqualTo(200);
    assertThat(send("POST", "/predict", "X-API-Key", KEY).statusCode()).isEqualTo(401);
    Files.writeString(keys, "# all are gone\n");
    assertThatThrownBy(server::readApiKeys).isInstanceOf(Failure.class);
    assertThat(send("POST", "/predict", "X-API-Key", OTHER).statusCode()).isEqualTo(200);
  }
}
