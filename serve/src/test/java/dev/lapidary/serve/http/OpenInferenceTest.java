package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.TypedModel;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Open Inference Protocol's text (inference_rest.md) and Triton's extensions of it (binary
 * tensor data, classification, model repository, model configuration, statistics), over real HTTP.
 */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class OpenInferenceTest {
  private static final int LENGTH = 3 * TinyModels.SIDE * TinyModels.SIDE;
  private static final JsonMapper JSON = new JsonMapper();
  private static final byte[] PNG = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir static Path folder;
  private static PredictionServer server;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    TinyModels.write(folder);
    TypedModel.write(folder.resolve("typed.onnx"));
    server = PredictionServer.bind(ServerSettings.local());
    server.serve(folder, false, true, TritonClientTest::read);
    client = new Client(server.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<byte[]> infer(String model, String json) throws Exception {
    return client.post("/v2/models/" + model + "/infer", "application/json", json.getBytes(UTF_8));
  }

  private static HttpResponse<byte[]> infer(String json, byte[]... behind) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(json.getBytes(UTF_8));
    Arrays.asList(behind).forEach(body::writeBytes);
    return client.send(
        client
            .request("/v2/models/tiny/infer", "application/octet-stream")
            .header(
                "Inference-Header-Content-Length", Integer.toString(json.getBytes(UTF_8).length))
            .POST(BodyPublishers.ofByteArray(body.toByteArray())));
  }

  private static String error(HttpResponse<byte[]> response, int status) throws Exception {
    String text = new String(response.body(), UTF_8);
    assertThat(response.statusCode()).as(text).isEqualTo(status);
    JsonNode body = JSON.readTree(text);
    assertThat(body.size()).isOne();
    return body.get("error").asText();
  }

  private static JsonNode ok(HttpResponse<byte[]> response) throws Exception {
    String text = new String(response.body(), UTF_8);
    assertThat(response.statusCode()).as(text).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    return JSON.readTree(text);
  }

  /** Rows whose channels are each of one value: their logits. */
  private static float[] rows(float... channels) {
    float[] all = new float[channels.length * LENGTH / 3];
    for (int i = 0; i < all.length; i++) {
      all[i] = channels[i / (LENGTH / 3)];
    }
    return all;
  }

  private static byte[] bytes(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static String list(float... values) {
    return IntStream.range(0, values.length)
        .mapToObj(i -> Float.toString(values[i]))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String input(int rows, String rest) {
    return "{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[%d,3,8,8],%s}"
        .formatted(rows, rest);
  }

  private static void requireLogits(JsonNode output, float... expected) {
    assertThat(output.get("name").asText()).isEqualTo("logits");
    assertThat(output.get("datatype").asText()).isEqualTo("FP32");
    assertThat(output.get("shape").toString()).isEqualTo("[" + expected.length / 3 + ",3]");
    for (int i = 0; i < expected.length; i++) {
      assertThat(output.get("data").get(i).floatValue()).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void tellsOfItselfAndItsModels() throws Exception {
    for (String path : List.of("/v2", "/v2/")) {
      JsonNode own = ok(client.get(path));
      assertThat(own.get("name").asText()).isEqualTo("lapidary");
      assertThat(own.get("version").asText()).isNotEmpty();
      assertThat(own.get("extensions").toString()).contains("binary_tensor_data", "statistics");
    }
    String meta =
        "{\"name\":\"tiny\",\"versions\":[\"7\"],\"platform\":\"onnx_onnxv1\",\"inputs\":[{\"name\":"
            + "\"input\",\"datatype\":\"FP32\",\"shape\":[-1,3,8,8]}],\"outputs\":[{\"name\":"
            + "\"logits\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}";
    for (String path : List.of("/v2/models/tiny", "/v2/models/tiny/versions/7")) {
      assertThat(ok(client.get(path)).toString()).isEqualTo(meta);
      assertThat(ok(client.get(path + "/ready")).toString())
          .isEqualTo("{\"name\":\"tiny\",\"ready\":true}");
      JsonNode config = ok(client.get(path + "/config"));
      assertThat(config.get("max_batch_size").asInt()).isEqualTo(32);
      assertThat(config.at("/input/0/data_type").asText()).isEqualTo("TYPE_FP32");
      assertThat(config.at("/input/0/dims").toString()).isEqualTo("[3,8,8]");
    }
    for (String path :
        List.of("/v2/models/none", "/v2/models/none/ready", "/v2/models/none/stats")) {
      assertThat(error(client.get(path), 404)).startsWith("there is no such model");
    }
    assertThat(error(client.get("/v2/models/tiny/versions/8"), 404))
        .isEqualTo("the model has no such version, expected one of 7");
    assertThat(error(client.get("/v2/nothing"), 404)).contains("there is no such path");
    assertThat(error(client.get("/v2/models/tiny/infer"), 405)).contains("POST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"flat", "nested"})
  void jsonTensorsAreFlatOrNested(String form) throws Exception {
    float[] values = rows(0.1f, 0.5f, 0.9f, 1, 0, 0.25f);
    String data = list(values);
    if (form.equals("nested")) {
      StringBuilder nested = new StringBuilder("[");
      for (int i = 0; i < values.length; i += 8) {
        nested
            .append(i % LENGTH == 0 ? (i > 0 ? "],[" : "[") : "")
            .append(i % 64 == 0 ? (i % LENGTH == 0 ? "[" : ",[") : ",")
            .append(list(Arrays.copyOfRange(values, i, i + 8)))
            .append(i % 64 == 56 ? "]" : "");
      }
      data = nested + "]]";
      assertThat(JSON.readTree(data).get(1).get(2).get(7)).hasSize(8);
    }
    JsonNode answer =
        ok(infer("tiny", "{\"id\":\"42\",\"inputs\":[" + input(2, "\"data\":" + data) + "]}"));
    assertThat(answer.get("id").asText()).isEqualTo("42");
    assertThat(answer.get("model_name").asText()).isEqualTo("tiny");
    assertThat(answer.get("model_version").asText()).isEqualTo("7");
    assertThat(answer.get("outputs")).hasSize(1);
    requireLogits(answer.at("/outputs/0"), 0.1f, 0.5f, 0.9f, 1, 0, 0.25f);
  }

  @Test
  void anIdIsGivenBackOnlyIfItWasGiven() throws Exception {
    String one = input(1, "\"data\":" + list(rows(0, 0, 1)));
    JsonNode answer = ok(infer("tiny/versions/7", "{\"inputs\":[" + one + "]}"));
    assertThat(answer.has("id")).isFalse();
    requireLogits(answer.at("/outputs/0"), 0, 0, 1);
  }

  @Test
  void binaryTensorsAreBehindTheJson() throws Exception {
    byte[] data = bytes(rows(0.5f, 0.25f, 0.75f));
    String in = input(1, "\"parameters\":{\"binary_data_size\":" + data.length + "}");
    requireLogits(
        ok(infer("{\"inputs\":[" + in + "]}", data)).at("/outputs/0"), 0.5f, 0.25f, 0.75f);
    for (String asked :
        List.of(
            "\"parameters\":{\"binary_data_output\":true}",
            "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]")) {
      HttpResponse<byte[]> response = infer("{" + asked + ",\"inputs\":[" + in + "]}", data);
      requireBinary(response, 0.5f, 0.25f, 0.75f);
    }
    JsonNode over =
        ok(
            infer(
                "{\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"logits\","
                    + "\"parameters\":{\"binary_data\":false}}],\"inputs\":["
                    + in
                    + "]}",
                data));
    requireLogits(over.at("/outputs/0"), 0.5f, 0.25f, 0.75f);
  }

  private static void requireBinary(HttpResponse<byte[]> response, float... expected)
      throws Exception {
    assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
    int length =
        Integer.parseInt(
            response.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    JsonNode header = JSON.readTree(Arrays.copyOf(response.body(), length));
    assertThat(header.at("/outputs/0/parameters/binary_data_size").asInt())
        .isEqualTo(Float.BYTES * expected.length);
    assertThat(header.at("/outputs/0").has("data")).isFalse();
    ByteBuffer data =
        ByteBuffer.wrap(response.body(), length, response.body().length - length)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(data.remaining()).isEqualTo(Float.BYTES * expected.length);
    for (float value : expected) {
      assertThat(data.getFloat()).isCloseTo(value, within(1e-5f));
    }
  }

  /** A header of length 0: the body is the only input of one row, or one image. */
  @Test
  void aRawBodyIsTheOnlyInput() throws Exception {
    for (byte[] body : List.of(bytes(rows(10 / 255f, 200 / 255f, 30 / 255f)), PNG)) {
      HttpRequest.Builder raw =
          client
              .request("/v2/models/tiny/infer", "application/octet-stream")
              .header("Inference-Header-Content-Length", "0")
              .POST(BodyPublishers.ofByteArray(body));
      requireBinary(client.send(raw), 10 / 255f, 200 / 255f, 30 / 255f);
    }
    HttpRequest.Builder wrong =
        client
            .request("/v2/models/tiny/infer", "application/octet-stream")
            .header("Inference-Header-Content-Length", "0")
            .POST(BodyPublishers.ofByteArray(new byte[100]));
    assertThat(error(client.send(wrong), 400))
        .isEqualTo("the body has 100 bytes but input 'input', FP32 [1, 3, 8, 8], takes 768");
  }

  @Test
  void imagesComeAsBytes() throws Exception {
    byte[] element =
        ByteBuffer.allocate(4 + PNG.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(PNG.length)
            .put(PNG)
            .array();
    String in =
        "{\"name\":\"input\",\"datatype\":\"BYTES\",\"shape\":[2,1],\"parameters\":"
            + "{\"binary_data_size\":%d}}".formatted(2 * element.length);
    float[] two = {10 / 255f, 200 / 255f, 30 / 255f, 10 / 255f, 200 / 255f, 30 / 255f};
    requireLogits(ok(infer("{\"inputs\":[" + in + "]}", element, element)).at("/outputs/0"), two);
    String one = "{\"name\":\"input\",\"datatype\":\"BYTES\",\"shape\":[1]}";
    requireLogits( // what is behind the JSON is the image
        ok(infer("{\"inputs\":[" + one + "]}", PNG)).at("/outputs/0"), Arrays.copyOf(two, 3));
    String base64 =
        one.replace("}", ",\"data\":[\"" + Base64.getEncoder().encodeToString(PNG) + "\"]}");
    requireLogits(
        ok(infer("tiny", "{\"inputs\":[" + base64 + "]}")).at("/outputs/0"), Arrays.copyOf(two, 3));
    assertThat(error(infer("{\"inputs\":[" + one + "]}", new byte[] {1, 2, 3}), 400))
        .startsWith("image 0: expected JPEG, PNG, WebP, BMP or GIF but found");
  }

  @Test
  void classesAreTextOfTheGreatestValues() throws Exception {
    String in = input(2, "\"data\":" + list(rows(0.1f, 0.5f, 0.9f, 1, 0, 0.25f)));
    JsonNode output =
        ok(infer(
                "tiny",
                "{\"inputs\":["
                    + in
                    + "],\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"classification\":2}}]}"))
            .at("/outputs/0");
    assertThat(output.get("datatype").asText()).isEqualTo("BYTES");
    assertThat(output.get("shape").toString()).isEqualTo("[2,2]");
    assertThat(output.get("data").get(0).asText()).matches("0\\.(900000|899999):2:blue");
    assertThat(output.get("data").get(1).asText()).isEqualTo("0.500000:1:green");
    assertThat(output.get("data").get(2).asText()).isEqualTo("1.000000:0:red");
  }

  @Test
  void numbersAndWordsOfAModelWithoutACard() throws Exception {
    String request =
        "{\"inputs\":[{\"name\":\"words\",\"datatype\":\"BYTES\",\"shape\":[1,3],\"data\":"
            + "[[\"a\",\"ü\",\"\"]]},{\"name\":\"numbers\",\"datatype\":\"INT64\",\"shape\":[1,3],"
            + "\"data\":[9007199254740993,-9223372036854775808,0]}]}";
    JsonNode outputs = ok(infer("typed", request)).get("outputs");
    assertThat(outputs.get(0).get("data").toString())
        .isEqualTo("[9007199254740993,-9223372036854775808,0]");
    assertThat(outputs.get(1).get("data").toString()).isEqualTo("[\"a\",\"ü\",\"\"]");
    HttpResponse<byte[]> predict = client.post("/predict/typed", "image/png", PNG);
    assertThat(predict.statusCode()).isEqualTo(400);
    assertThat(Client.json(predict).get("detail").asText())
        .isEqualTo(
            "the model typed takes no images: it has no card; send its tensors to"
                + " /v2/models/typed/infer");
  }

  @Test
  void notFiniteNumbersNeedBinaryData() throws Exception {
    byte[] data = bytes(rows(Float.NaN, 0, Float.POSITIVE_INFINITY));
    String in = input(1, "\"parameters\":{\"binary_data_size\":" + data.length + "}");
    assertThat(error(infer("{\"inputs\":[" + in + "]}", data), 400))
        .isEqualTo(
            "output 'logits' has a number that is not finite, which JSON does not carry; ask for it"
                + " with binary_data");
    HttpResponse<byte[]> binary =
        infer("{\"parameters\":{\"binary_data_output\":true},\"inputs\":[" + in + "]}", data);
    assertThat(binary.statusCode()).isEqualTo(200);
  }

  @Test
  void theTimeoutIsADeadline() throws Exception {
    String in = input(1, "\"data\":" + list(rows(0, 0, 0)));
    assertThat(
            error(infer("tiny", "{\"parameters\":{\"timeout\":1},\"inputs\":[" + in + "]}"), 504))
        .contains("deadline");
    ok(infer("tiny", "{\"parameters\":{\"timeout\":0,\"other\":[1]},\"inputs\":[" + in + "]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                                       | the body is not JSON at line 1",
        "[1]                                     | the request: expected an object at line 1",
        "{}                                      | there are no inputs, expected",
        "{\"inputs\":[]}                         | there are no inputs, expected",
        "{\"inputs\":{}}                         | inputs: expected a list at line 1, column",
        "{\"inputs\":[1]}                        | inputs[0]: expected an object at line 1",
        "{\"inputs\":[{\"name\":1}]}             | inputs[0].name: expected text at line 1",
        "{\"inputs\":[{\"name\":\"input\"}]}     | inputs[0] has no name, no datatype or no shape",
        "{\"inputs\":[{\"shape\":[-1]}]}         | inputs[0].shape has a negative number",
        "{\"inputs\":[{\"shape\":[1,1,1,1,1,1,1,1,1]}]} | inputs[0].shape has a negative number,"
            + " or",
        "{\"inputs\":[]} {}                      | there are no inputs",
        "{\"id\":1}                              | id: expected text",
        "{\"parameters\":{\"timeout\":\"1\"}}    | parameters.timeout: expected a whole number",
      })
  void whatIsNoRequestIsRefused(String json, String words) throws Exception {
    assertThat(error(infer("tiny", json), 400)).startsWith(words.strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "input|FP32|[3]|[1,2]|the data of input 'input' has more or fewer elements than its shape",
        "input|FP32|[1]|[\"a\"]|the data of input 'input' is no list of FP32",
        "input|FP32|[1]|[1e39]|the data of input 'input' is no list of FP32",
        "input|FP32|[1]|{}|inputs[0].data: expected a list at line 1",
        "input|FP32|[1]|7|inputs[0].data: expected a list at line 1",
        "input|FP32|[99999,99999,99999]|[1]|input 'input' has the shape",
        "input|FP32|[9223372036854775807,3]|[1]|input 'input' has the shape",
        "input|FP16|[1]|[1]|input 'input' is FP16, which JSON does not carry; send it as binary"
            + " data",
        "input|FP8|[1]|[1]|input 'input' has the datatype 'FP8', expected one of [BOOL, UINT8",
        "input|UINT8|[1]|[256]|the data of input 'input' is no list of UINT8",
        "input|UINT64|[1]|[18446744073709551616]|the data of input 'input' is no list of UINT64",
        "input|INT32|[1]|[1.5]|the data of input 'input' is no list of INT32",
        "input|BOOL|[1]|[1]|the data of input 'input' is no list of BOOL",
        "input|INT64|[1]|[1]|input 'input' is INT64, expected FP32 or images in BYTES of shape [N]",
        "input|FP32|[1,1]|[1]|input 'input' has the shape [1, 1], expected [-1, 3, 8, 8] (-1: any)",
        "other|FP32|[1,1]|[1]|the model has no input 'other', expected input FP32 [-1, 3, 8, 8]",
        "input|BYTES|[1,1,1]|[\"a\"]|input 'input' has images in BYTES of shape [1, 1, 1],"
            + " expected",
        "input|BYTES|[1]|[\"?\"]|image 0 is text in JSON, where images are base64",
        "input|BYTES|[0]|[]|input 'input' is a batch of 0, expected 1..32 (--max-batch)",
      })
  void aTensorThatTheModelDoesNotTakeIsRefused(
      String name, String type, String shape, String data, String words) throws Exception {
    String json =
        "{\"inputs\":[{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
            .formatted(name, type, shape, data);
    assertThat(error(infer("tiny", json), 400)).startsWith(words);
  }

  @Test
  void binaryDataThatDoesNotFitIsRefused() throws Exception {
    byte[] data = bytes(rows(0, 0, 0));
    Map<String, String> wrong =
        Map.of(
            "\"parameters\":{\"binary_data_size\":760}",
            "input 'input', FP32 of shape [1, 3, 8, 8], takes 768 bytes but has 760",
            "\"parameters\":{\"binary_data_size\":769}",
            "input 'input' has a binary_data_size of 769 but the body has 768 bytes left",
            "\"parameters\":{\"binary_data_size\":-1}",
            "inputs[0].parameters.binary_data_size is -1, expected 0..2147483647",
            "\"data\":[],\"parameters\":{\"binary_data_size\":768}",
            "input 'input' has data and binary_data_size, expected one of them",
            "\"parameters\":{\"shared_memory_region\":\"x\"}",
            "inputs[0].parameters: this server shares no memory with its clients; send the data",
            "\"data\":" + list(rows(0, 0, 0)),
            "the body has 768 bytes more than its inputs take");
    for (Map.Entry<String, String> each : wrong.entrySet()) {
      String json = "{\"inputs\":[" + input(1, each.getKey()) + "]}";
      assertThat(error(infer(json, data), 400)).isEqualTo(each.getValue());
    }
    for (String length : List.of("-1", "x", "1000000", "99999999999")) {
      HttpRequest.Builder request =
          client
              .request("/v2/models/tiny/infer", "application/octet-stream")
              .header("Inference-Header-Content-Length", length)
              .POST(BodyPublishers.ofByteArray(data));
      assertThat(error(client.send(request), 400)).contains("Inference-Header-Content-Length");
    }
  }

  @Test
  void outputsThatAreNotThereAreRefused() throws Exception {
    String in = "\"inputs\":[" + input(1, "\"data\":" + list(rows(0, 0, 0))) + "]";
    assertThat(error(infer("tiny", "{\"outputs\":[{\"name\":\"x\"}]," + in + "}"), 400))
        .isEqualTo("the model has no output 'x', expected logits FP32 [-1, 3]");
    assertThat(
            error(
                infer(
                    "tiny",
                    "{\"outputs\":[{\"name\":\"logits\"},{\"name\":\"logits\"}]," + in + "}"),
                400))
        .isEqualTo("output 'logits' is wanted twice, expected once");
    ok(infer("tiny", "{\"outputs\":[]," + in + "}"));
  }

  @Test
  void modelsAreLoadedAndUnloadedWhereTheUserLetsClients() throws Exception {
    JsonNode index = ok(client.post("/v2/repository/index", "application/json", new byte[0]));
    assertThat(index.toString())
        .contains("{\"name\":\"tiny\",\"version\":\"7\",\"state\":\"READY\",\"reason\":\"\"}");
    Path extra = TypedModel.write(folder.resolve("extra.onnx"));
    try {
      client.post("/v2/repository/models/extra/load", "application/json", new byte[0]);
      assertThat(client.get("/v2/models/extra/ready").statusCode()).isEqualTo(200);
      client.post("/v2/repository/models/extra/unload", "application/json", "{}".getBytes(UTF_8));
      assertThat(client.get("/v2/models/extra/ready").statusCode()).isEqualTo(503);
      JsonNode ready =
          ok(
              client.post(
                  "/v2/repository/index", "application/json", "{\"ready\":true}".getBytes(UTF_8)));
      assertThat(ready.findValuesAsText("name")).doesNotContain("extra").contains("tiny");
      Files.write(extra, new byte[] {1});
      String failed =
          error(client.post("/v2/repository/models/extra/load", "text/plain", new byte[0]), 400);
      assertThat(failed).isEqualTo("it could not be loaded; the server's log says why");
    } finally {
      Files.delete(extra);
    }
    assertThat(
            error(
                client.post("/v2/repository/models/..%2Ftiny/load", "text/plain", new byte[0]),
                404))
        .isEqualTo("the model repository has no model of this name");
    try (PredictionServer closed = PredictionServer.bind(ServerSettings.local())) {
      closed.serve(folder, false, false, TritonClientTest::read);
      assertThat(
              error(
                  new Client(closed.uri())
                      .post("/v2/repository/models/tiny/unload", "text/plain", new byte[0]),
                  403))
          .isEqualTo(
              "clients may not load or unload models of this server; its user lets them by"
                  + " --model-control explicit");
    }
  }

  @Test
  void countsWhatItDid() throws Exception {
    JsonNode before = ok(client.get("/v2/models/tiny/stats")).at("/model_stats/0");
    ok(infer("tiny", "{\"inputs\":[" + input(3, "\"data\":" + list(rows(new float[9]))) + "]}"));
    client.post("/predict/tiny", "image/png", PNG);
    infer("tiny", "{\"inputs\":[" + input(1, "\"data\":[]") + "]}");
    JsonNode after = ok(client.get("/v2/models/tiny/versions/7/stats")).at("/model_stats/0");
    assertThat(after.get("inference_count").asInt() - before.get("inference_count").asInt())
        .isEqualTo(4);
    assertThat(after.get("execution_count").asInt() - before.get("execution_count").asInt())
        .isEqualTo(2);
    assertThat(
            after.at("/inference_stats/success/count").asInt()
                - before.at("/inference_stats/success/count").asInt())
        .isEqualTo(2);
    assertThat(after.get("batch_stats").findValuesAsText("batch_size")).contains("1", "3");
    assertThat(after.get("last_inference").asLong()).isGreaterThan(1_700_000_000_000L);
  }

  /** What /metrics says of a series. */
  private static double metric(String series) throws Exception {
    HttpResponse<byte[]> response = client.get("/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    String text = new String(response.body(), UTF_8);
    return text.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(series + " is not in\n" + text));
  }

  @Test
  void metricsCountWhatTheStatisticsCount() throws Exception {
    String of = "{model=\"tiny\",version=\"7\"}";
    ok(infer("tiny", "{\"inputs\":[" + input(1, "\"data\":" + list(rows(0, 0, 0))) + "]}"));
    double images = metric("lapidary_inference_count_total" + of);
    double predictions = metric("lapidary_requests_total{outcome=\"predictions\"}");
    double refused = metric("lapidary_requests_total{outcome=\"refused\"}");
    ok(infer("tiny", "{\"inputs\":[" + input(2, "\"data\":" + list(rows(new float[6]))) + "]}"));
    client.post("/predict/tiny", "image/png", PNG);
    infer("tiny", "{}");
    assertThat(metric("lapidary_inference_count_total" + of)).isEqualTo(images + 3);
    assertThat(metric("lapidary_requests_total{outcome=\"predictions\"}"))
        .isEqualTo(predictions + 2);
    assertThat(metric("lapidary_requests_total{outcome=\"refused\"}")).isEqualTo(refused + 1);
    JsonNode counts = ok(client.get("/v2/models/tiny/stats")).at("/model_stats/0");
    assertThat(metric("lapidary_inference_exec_count_total" + of))
        .isEqualTo(counts.get("execution_count").asDouble());
    double all = counts.at("/inference_stats/success/count").asDouble();
    assertThat(metric("lapidary_inference_request_success_total" + of)).isEqualTo(all);
    assertThat(metric("lapidary_inference_request_duration_seconds_count" + of)).isEqualTo(all);
    String most = "{model=\"tiny\",version=\"7\",le=\"+Inf\"}";
    assertThat(metric("lapidary_inference_queue_duration_seconds_bucket" + most)).isEqualTo(all);
    assertThat(metric("lapidary_inference_compute_infer_duration_seconds_total" + of)).isPositive();
    assertThat(metric("lapidary_open_requests")).isZero();
    assertThat(metric("lapidary_held_images")).isZero();
  }
}
