package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.TypedModel;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatistics;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsResponse;
import dev.lapidary.serve.repository.TrafficSplit;
import io.grpc.Status;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A name that stands for several models, asked by the Open Inference Protocol. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class SplitInferTest {
  private static final String JSON =
      "{\"inputs\":[{\"name\":\"numbers\",\"datatype\":\"INT64\",\"shape\":[1,3],\"data\":[1,2,3]},"
          + "{\"name\":\"words\",\"datatype\":\"BYTES\",\"shape\":[1,3],\"data\":[\"a\",\"b\",\"c\"]}]}";

  @TempDir static Path folder;
  private static PredictionServer server;
  private static Client http;
  private static GrpcClient grpc;

  @BeforeAll
  static void start() throws Exception {
    for (String version : List.of("1", "2")) {
      Files.createDirectories(folder.resolve("shoes/" + version));
      TypedModel.write(folder.resolve("shoes/" + version + "/model.onnx"));
    }
    TypedModel.write(folder.resolve("hats.onnx"));
    TypedModel.write(folder.resolve("coats.onnx"));
    server = PredictionServer.bind(ServerSettings.local());
    server.split(
        List.of(
            TrafficSplit.parse("shoes=shoes/2:0.75,hats:0.25"),
            TrafficSplit.parse("any=shoes/1:1,coats:1")));
    grpc = new GrpcClient(server.listenGrpc(0));
    server.serve(
        folder,
        true,
        true,
        file -> new ReadModel.OfTensors(TensorModel.open(file, Device.cpu(), 1), "it has no card"));
    http = new Client(server.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    grpc.close();
    server.close();
  }

  private static String overHttp(String path) throws Exception {
    HttpResponse<byte[]> response =
        http.post("/v2/models/" + path + "/infer", "application/json", JSON.getBytes(UTF_8));
    JsonNode answer = Client.json(response);
    assertThat(response.statusCode()).as(answer.toString()).isEqualTo(200);
    return answer.get("model_name").asText() + "/" + answer.get("model_version").asText();
  }

  private static ModelInferRequest.Builder request(String model) {
    ModelInferRequest.Builder request =
        GrpcClient.request(model, "numbers", "INT64", List.of(1L, 3L));
    request.getInputsBuilder(0).getContentsBuilder().addAllInt64Contents(List.of(1L, 2L, 3L));
    request
        .addInputsBuilder()
        .setName("words")
        .setDatatype("BYTES")
        .addAllShape(List.of(1L, 3L))
        .getContentsBuilder()
        .addAllBytesContents(
            List.of(
                com.google.protobuf.ByteString.copyFromUtf8("a"),
                com.google.protobuf.ByteString.copyFromUtf8("b"),
                com.google.protobuf.ByteString.copyFromUtf8("c")));
    return request;
  }

  private static String overGrpc(ModelInferRequest request) {
    var answer = grpc.infer(request);
    return answer.getModelName() + "/" + answer.getModelVersion();
  }

  /** The turns are the name's, whichever way requests come. */
  @Test
  void eachModelAnswersInItsTurnOverBothTransports() throws Exception {
    List<String> answering = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      http.get("/v2/models/shoes"); // takes no turn
      answering.add(overHttp("shoes"));
      answering.add(overGrpc(request("shoes").build()));
    }
    assertThat(answering).containsOnly("shoes/2", "hats/1").filteredOn("hats/1"::equals).hasSize(2);
    assertThat(answering.subList(0, 4)).filteredOn("hats/1"::equals).hasSize(1);
  }

  /** Of a name that no model has, too. */
  @Test
  void whoNamesAVersionOrAModelGetsJustThat() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(overHttp("shoes/versions/1")).isEqualTo("shoes/1");
      assertThat(overGrpc(request("shoes").setModelVersion("1").build())).isEqualTo("shoes/1");
      assertThat(overHttp("hats")).isEqualTo("hats/1");
      assertThat(overGrpc(request("hats").build())).isEqualTo("hats/1");
    }
    Status none = grpc.refusal(request("any").setModelVersion("1").build());
    assertThat(none.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(
            http.post("/v2/models/any/versions/1/infer", "application/json", JSON.getBytes(UTF_8))
                .statusCode())
        .isEqualTo(404);
  }

  @Test
  void anAliasAnswersWhileOneOfItsModelsDoes() throws Exception {
    assertThat(List.of(overHttp("any"), overGrpc(request("any").build())))
        .containsExactlyInAnyOrder("shoes/1", "coats/1");
    assertThat(
            grpc.call(
                    "ModelMetadata",
                    ModelMetadataRequest.newBuilder().setName("any").build(),
                    ModelMetadataResponse.parser())
                .getName())
        .isEqualTo("shoes");
    assertThat(Client.json(http.get("/v2/models/any")).get("name").asText()).isEqualTo("shoes");
    assertThat(http.post("/v2/repository/models/coats/unload", "application/json", new byte[0]))
        .returns(200, HttpResponse::statusCode);
    for (int i = 0; i < 2; i++) {
      assertThat(overHttp("any")).isEqualTo("shoes/1");
      assertThat(overGrpc(request("any").build())).isEqualTo("shoes/1");
    }
  }

  /** Each model's statistics count what it answered, and no other's. */
  @Test
  void statisticsAreOfTheModelThatAnswered() throws Exception {
    long shoes = successes("shoes", "2");
    long hats = successes("hats", "1");
    long refused = server.requests().refused();
    for (int i = 0; i < 4; i++) {
      overHttp("shoes");
      overGrpc(request("shoes").build());
    }
    assertThat(successes("shoes", "2") - shoes).isEqualTo(6);
    assertThat(successes("hats", "1") - hats).isEqualTo(2);
    assertThat(server.requests().refused()).isEqualTo(refused);
  }

  private static long successes(String model, String version) {
    ModelStatistics statistics =
        grpc.call(
                "ModelStatistics",
                ModelStatisticsRequest.newBuilder().setName(model).setVersion(version).build(),
                ModelStatisticsResponse.parser())
            .getModelStats(0);
    return statistics.getInferenceStats().getSuccess().getCount();
  }
}
