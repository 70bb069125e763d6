package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.TypedModel;
import dev.lapidary.serve.grpc.message.OpenInference.InferParameter;
import dev.lapidary.serve.grpc.message.OpenInference.InferTensorContents;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfigRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfigResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest.InferRequestedOutputTensor;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelReadyRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelReadyResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatistics;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsResponse;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryIndexRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryIndexResponse;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelUnloadRequest;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryModelUnloadResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ServerLiveRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ServerLiveResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ServerReadyRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ServerReadyResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.awt.Color;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The Open Inference Protocol's calls over gRPC, and what is said to those that are wrong. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class GrpcTest {
  private static final byte[] PNG = TinyModels.png(new Color(10, 200, 30), 8, 8);
  private static final List<Long> THREE = List.of(1L, 3L);

  @TempDir static Path folder;
  private static PredictionServer server;
  private static GrpcClient client;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    TinyModels.write(folder);
    TypedModel.write(
        folder.resolve("typed.onnx"),
        Map.of(
            "bools", DataType.BOOL,
            "bytes", DataType.INT8,
            "shorts", DataType.INT16,
            "longs", DataType.INT64,
            "ubytes", DataType.UINT8,
            "doubles", DataType.DOUBLE,
            "words", DataType.STRING));
    TypedModel.write(folder.resolve("halves.onnx"), Map.of("halves", DataType.FLOAT16));
    server = PredictionServer.bind(ServerSettings.local());
    port = server.listenGrpc(0);
    server.serve(folder, false, true, TritonClientTest::read);
    client = new GrpcClient(port);
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void saysWhatTheServerAndItsModelsAre() {
    assertThat(
            client
                .call(
                    "ServerLive",
                    ServerLiveRequest.getDefaultInstance(),
                    ServerLiveResponse.parser())
                .getLive())
        .isTrue();
    assertThat(
            client
                .call(
                    "ServerReady",
                    ServerReadyRequest.getDefaultInstance(),
                    ServerReadyResponse.parser())
                .getReady())
        .isTrue();
    assertThat(ready("tiny", "")).isTrue();
    assertThat(ready("tiny", "7")).isTrue();
    assertThat(ready("tiny", "8")).isFalse();
    assertThat(ready("none", "")).isFalse();
    ModelMetadataResponse metadata =
        client.call(
            "ModelMetadata",
            ModelMetadataRequest.newBuilder().setName("tiny").build(),
            ModelMetadataResponse.parser());
    assertThat(metadata.getVersionsList()).containsExactly("7");
    assertThat(metadata.getInputs(0).getShapeList()).containsExactly(-1L, 3L, 8L, 8L);
    ModelConfigResponse config =
        client.call(
            "ModelConfig",
            ModelConfigRequest.newBuilder().setName("tiny").setVersion("7").build(),
            ModelConfigResponse.parser());
    assertThat(config.getConfig().getMaxBatchSize()).isEqualTo(32);
    assertThat(config.getConfig().getInput(0).getDimsList()).containsExactly(3L, 8L, 8L);
  }

  private static boolean ready(String model, String version) {
    return client
        .call(
            "ModelReady",
            ModelReadyRequest.newBuilder().setName(model).setVersion(version).build(),
            ModelReadyResponse.parser())
        .getReady();
  }

  @Test
  void imagesAndTensorsHaveTheSameAnswer() {
    ModelInferResponse images = client.infer(GrpcClient.images(PNG, PNG));
    assertThat(images.getModelVersion()).isEqualTo("7");
    assertThat(images.getOutputs(0).getShapeList()).containsExactly(2L, 3L);
    float[] expected = {10 / 255f, 200 / 255f, 30 / 255f};
    for (int i = 0; i < 6; i++) {
      assertThat(GrpcClient.floats(images)[i]).isCloseTo(expected[i % 3], within(1e-5f));
    }
    ByteBuffer pixels = ByteBuffer.allocate(3 * 64 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 3 * 64; i++) {
      pixels.putFloat(expected[i / 64]);
    }
    ModelInferRequest raw =
        GrpcClient.request("tiny", "input", "FP32", List.of(1L, 3L, 8L, 8L))
            .setId("own")
            .addRawInputContents(ByteString.copyFrom(pixels.flip()))
            .build();
    ModelInferResponse tensors = client.infer(raw);
    assertThat(tensors.getId()).isEqualTo("own");
    assertThat(GrpcClient.floats(tensors)).containsExactly(expected, within(1e-5f));
    ModelStatisticsResponse statistics =
        client.call(
            "ModelStatistics",
            ModelStatisticsRequest.newBuilder().setName("tiny").build(),
            ModelStatisticsResponse.parser());
    assertThat(statistics.getModelStats(0).getInferenceCount()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void contentsAreReadFromTheFieldOfTheirType() {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("typed");
    typed(request, "bools", "BOOL", c -> c.addAllBoolContents(List.of(true, false, true)));
    typed(request, "bytes", "INT8", c -> c.addAllIntContents(List.of(-128, 0, 127)));
    typed(request, "shorts", "INT16", c -> c.addAllIntContents(List.of(-32768, 0, 32767)));
    typed(request, "longs", "INT64", c -> c.addAllInt64Contents(List.of(Long.MIN_VALUE, 0L, 1L)));
    typed(request, "ubytes", "UINT8", c -> c.addAllUintContents(List.of(0, 1, 255)));
    typed(request, "doubles", "FP64", c -> c.addAllFp64Contents(List.of(0.5, -1.0, 1e300)));
    typed(
        request,
        "words",
        "BYTES",
        c -> List.of("", "ü", "漢").forEach(w -> c.addBytesContents(ByteString.copyFromUtf8(w))));
    ModelInferResponse answer = client.infer(request.build());
    Map<String, String> expected =
        Map.of(
            "same_bools", "010001",
            "same_bytes", "80007f",
            "same_shorts", "00800000ff7f",
            "same_longs", "000000000000008000000000000000000100000000000000",
            "same_ubytes", "0001ff",
            "same_doubles", "000000000000e03f000000000000f0bf9c7500883ce4377e",
            "same_words", "0000000002000000c3bc03000000e6bca2");
    for (int i = 0; i < answer.getOutputsCount(); i++) {
      String name = answer.getOutputs(i).getName();
      assertThat(HexFormat.of().formatHex(answer.getRawOutputContents(i).toByteArray()))
          .as(name)
          .isEqualTo(expected.get(name));
    }
    assertThat(answer.getOutputsCount()).isEqualTo(expected.size());
  }

  private static void typed(
      ModelInferRequest.Builder request,
      String name,
      String type,
      Consumer<InferTensorContents.Builder> contents) {
    contents.accept(
        request
            .addInputsBuilder()
            .setName(name)
            .setDatatype(type)
            .addAllShape(THREE)
            .getContentsBuilder());
  }

  private static ModelInferRequest.Builder halves() {
    return GrpcClient.request("halves", "halves", "FP16", THREE);
  }

  private static ModelInferRequest with(
      ModelInferRequest.Builder request, Consumer<InferTensorContents.Builder> contents) {
    contents.accept(request.getInputsBuilder(0).getContentsBuilder());
    return request.build();
  }

  private static ModelInferRequest.Builder one(String type) {
    return GrpcClient.request("typed", "bytes", type, List.of(1L));
  }

  static Stream<Arguments> wrong() {
    InferParameter text = InferParameter.newBuilder().setStringParam("soon").build();
    ModelInferRequest image = GrpcClient.images(PNG);
    return Stream.of(
        Arguments.of(
            ModelInferRequest.newBuilder().setModelName("tiny").build(),
            "there are no inputs, expected at least one"),
        Arguments.of(
            with(one("INT8"), c -> c.addIntContents(128)),
            "input 'bytes' has 128, expected -128..127"),
        Arguments.of(
            with(one("UINT8"), c -> c.addUintContents(-1)),
            "input 'bytes' has 4294967295, expected 0..255"),
        Arguments.of(
            with(one("INT8"), c -> c.addUintContents(1)),
            "input 'bytes', INT8 of shape [1], takes 1 elements in int_contents but has 0 in"
                + " int_contents"),
        Arguments.of(
            with(one("INT8"), c -> c.addIntContents(1).addBoolContents(true)),
            "input 'bytes', INT8 of shape [1], takes 1 elements in int_contents but has 1 in"
                + " bool_contents"),
        Arguments.of(
            with(halves(), c -> c.addFp32Contents(1)),
            "input 'halves' is FP16, which the protocol has in raw_input_contents alone"),
        Arguments.of(
            halves().addRawInputContents(ByteString.copyFromUtf8("seven b")).build(),
            "input 'halves', FP16 of shape [1, 3], takes 6 bytes but has 7"),
        Arguments.of(
            halves()
                .addRawInputContents(ByteString.EMPTY)
                .addRawInputContents(ByteString.EMPTY)
                .build(),
            "there are 2 raw_input_contents for 1 inputs, expected one each"),
        Arguments.of(
            image.toBuilder().addRawInputContents(ByteString.EMPTY).build(),
            "input 'input' has contents and raw_input_contents, expected one of them"),
        Arguments.of(
            GrpcClient.request("tiny", "input", "FP33", THREE).build(),
            "input 'input' has the datatype 'FP33', expected one of [BOOL, UINT8, UINT16, UINT32,"
                + " UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64, BYTES]"),
        Arguments.of(
            GrpcClient.request("tiny", "input", "FP32", List.of(-1L, 3L)).build(),
            "the shape of input 'input' has a negative number, or more than 8"),
        Arguments.of(
            GrpcClient.request("tiny", "input", "FP32", List.of(1L << 40, 1L << 40)).build(),
            "input 'input' has the shape [1099511627776, 1099511627776], of more elements than the"
                + " message has bytes"),
        Arguments.of(
            GrpcClient.request("tiny", "", "FP32", THREE).build(), "inputs[0] has no name"),
        Arguments.of(
            image.toBuilder().putParameters("timeout", text).build(),
            "parameter 'timeout': expected int64_param or uint64_param"),
        Arguments.of(
            image.toBuilder()
                .addOutputs(
                    InferRequestedOutputTensor.newBuilder()
                        .setName("logits")
                        .putParameters("shared_memory_region", text))
                .build(),
            "output 'logits': this server shares no memory with its clients; send the data"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void whatIsWrongIsSaid(ModelInferRequest request, String words) {
    Status status = client.refusal(request);
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo(words);
  }

  /** Ten thousand empty inputs are 20 kB, and would be as many objects. */
  @Test
  void aMessageOfTooManyPartsIsNotRead() {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("tiny");
    for (int i = 0; i < 10_000; i++) {
      request.addInputsBuilder();
    }
    assertThat(client.refusal(request.build()).getDescription())
        .isEqualTo("the message has more than 1024 tensors, their contents and parameters");
  }

  /** The first field of one is a message, of the other text: bytes that are no UTF-8. */
  @Test
  void whatIsNotTheProtocolsIsRefused() {
    ModelStatisticsResponse other =
        ModelStatisticsResponse.newBuilder()
            .addModelStats(ModelStatistics.newBuilder().setLastInference(200))
            .build();
    assertThatThrownBy(() -> client.call("ModelReady", other, ModelReadyResponse.parser()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("INVALID_ARGUMENT: the message is not protobuf of the Open Inference Protocol");
  }

  @Test
  void theRepositoryIsListedAndChanged() {
    RepositoryIndexResponse index =
        client.call(
            "RepositoryIndex",
            RepositoryIndexRequest.newBuilder().setReady(true).build(),
            RepositoryIndexResponse.parser());
    assertThat(index.getModelsList())
        .extracting(RepositoryIndexResponse.ModelIndex::getName)
        .contains("tiny", "typed");
    assertThatThrownBy(
            () ->
                client.call(
                    "RepositoryModelUnload",
                    RepositoryModelUnloadRequest.newBuilder().setModelName("none").build(),
                    RepositoryModelUnloadResponse.parser()))
        .hasMessageStartingWith("NOT_FOUND: ");
  }

  @Test
  void saysThatThePortIsTaken() {
    try (PredictionServer other = PredictionServer.bind(ServerSettings.local())) {
      assertThatThrownBy(() -> other.listenGrpc(port))
          .isInstanceOf(Failure.class)
          .hasMessageMatching(
              "cannot listen on 127\\.0\\.0\\.1:"
                  + port
                  + " for gRPC: .*choose another --grpc-port");
    }
  }
}
