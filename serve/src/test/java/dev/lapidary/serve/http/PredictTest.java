package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.NoLeaks;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Over real HTTP: the three forms of a request, and what each error looks like. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class PredictTest {
  private static final Color RED = new Color(255, 40, 10);
  private static final Color BLUE = new Color(5, 90, 240);
  private static final ServerSettings.Limits LIMITS =
      new ServerSettings.Limits(
          100_000, 4, 64, 1_000_000, 64, new ImageLimits(100_000, 2000, 10_000));

  @TempDir static Path folder;
  private static PredictionServer server;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    server = PredictionServer.bind(ServerSettings.local().withLimits(LIMITS));
    assertThat(server.serve(ModelLoader.load(TinyModels.write(folder), 1))).isEmpty();
    client = new Client(server.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Its logits are 1, 0.16 and 0.04, and so its scores 0.73, 0.54 and 0.51. */
  @Test
  void aMultiLabelModelGivesEachLabelItsOwnScore() throws Exception {
    ModelCard card = TinyModels.card(TinyModels.golden(0)).withActivation(Activation.SIGMOID);
    Path file = TinyModels.write(Files.createDirectory(folder.resolve("tags")), Optional.of(card));
    try (PredictionServer tags = PredictionServer.bind(ServerSettings.local())) {
      assertThat(tags.serve(ModelLoader.load(file, 1))).isEmpty();
      Client asking = new Client(tags.uri());
      byte[] red = TinyModels.png(RED, 20, 10);
      JsonNode classes = classes(asking.post("/predict", "image/png", red));
      assertThat(classes.findValuesAsText("label")).containsExactly("red", "green", "blue");
      for (int c = 0; c < 3; c++) {
        double logit = new int[] {255, 40, 10}[c] / 255.0;
        assertThat(classes.get(c).get("probability").asDouble())
            .isCloseTo(1 / (1 + Math.exp(-logit)), within(1e-6)); // as of the mean in float32
      }
      assertThat(classes(asking.post("/predict?threshold=0.6", "image/png", red))).hasSize(1);
      assertThat(classes(asking.post("/predict?threshold=1", "image/png", red))).isEmpty();
      assertThat(classes(asking.post("/predict?topK=2&threshold=0", "image/png", red))).hasSize(2);
    }
  }

  @Test
  void aThresholdLeavesOutClassesAndMustBeAFraction() throws Exception {
    byte[] red = TinyModels.png(RED, 20, 10);
    // Of the softmax, 0.54, 0.24 and 0.21.
    assertThat(classes(client.post("/predict?threshold=0.5", "image/png", red))).hasSize(1);
    HttpResponse<byte[]> refused = client.post("/predict?threshold=50%25", "image/png", red);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(Client.json(refused).toString())
        .contains("invalid_parameter", "threshold must be a number in 0..1 but is '50%'");
    assertThat(client.post("/predict?threshold=NaN", "image/png", red).statusCode()).isEqualTo(400);
  }

  private static JsonNode classes(HttpResponse<byte[]> response) throws Exception {
    assertThat(response.statusCode()).isEqualTo(200);
    return Client.json(response).at("/predictions/0/classes");
  }

  @Test
  void answersARawBody() throws Exception {
    HttpResponse<byte[]> response =
        client.post("/predict", "image/png", TinyModels.png(RED, 20, 10));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    JsonNode answer = Client.json(response);
    assertThat(answer.at("/model/name").asText()).isEqualTo("tiny");
    assertThat(answer.at("/model/version").asText()).isEqualTo("7");
    assertThat(answer.at("/model/sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(answer.at("/predictions")).hasSize(1);
    assertThat(answer.at("/predictions/0/image").asText()).isEqualTo("0");
    JsonNode classes = answer.at("/predictions/0/classes");
    assertThat(classes.findValuesAsText("label")).containsExactly("red", "green", "blue");
    assertThat(classes.findValuesAsText("index")).containsExactly("0", "1", "2");
    for (int c = 0; c < 3; c++) {
      // The mean of 64 equal floats, rounded 64 times: far below the levels' distance of 1/255.
      assertThat(classes.get(c).get("probability").asDouble())
          .isCloseTo(TinyModels.probability(RED, c), within(1e-5));
    }
  }

  @Test
  void answersOctetsAndLimitsTheClasses() throws Exception {
    HttpResponse<byte[]> response =
        client.post("/predict?topK=1", "application/octet-stream", TinyModels.png(BLUE, 8, 8));
    assertThat(Client.json(response).at("/predictions/0/classes").findValuesAsText("label"))
        .containsExactly("blue");
  }

  @Test
  void answersMultipartPartsInOrder() throws Exception {
    byte[] body =
        Client.multipart(
            "b",
            "file",
            "blue.png",
            TinyModels.png(BLUE, 9, 9),
            "other",
            "red.png",
            TinyModels.png(RED, 30, 10),
            "third",
            "again.png",
            TinyModels.png(BLUE, 9, 9));
    HttpResponse<byte[]> response =
        client.post("/predict?topK=1", "multipart/form-data; boundary=b", body);
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode predictions = Client.json(response).get("predictions");
    assertThat(predictions.findValuesAsText("image"))
        .containsExactly("blue.png", "red.png", "again.png");
    assertThat(predictions.findValuesAsText("label")).containsExactly("blue", "red", "blue");
  }

  @Test
  void answersJson() throws Exception {
    String body =
        "{\"images\":[{\"b64\":\"%s\"},{\"name\":\"me\",\"b64\":\"%s\"}]}"
            .formatted(base64(RED), base64(BLUE));
    HttpResponse<byte[]> response =
        client.post("/predict?topK=1", "application/json", body.getBytes(UTF_8));
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode predictions = Client.json(response).get("predictions");
    assertThat(predictions.findValuesAsText("image")).containsExactly("0", "me");
    assertThat(predictions.findValuesAsText("label")).containsExactly("red", "blue");
  }

  private static String base64(Color colour) {
    return Base64.getEncoder().encodeToString(TinyModels.png(colour, 8, 8));
  }

  @Test
  void oneBadImageHarmsNoNeighbour() throws Exception {
    byte[] cut = java.util.Arrays.copyOf(TinyModels.png(RED, 90, 90), 60);
    byte[] body =
        Client.multipart(
            "b",
            "f",
            "a.png",
            TinyModels.png(RED, 8, 8),
            "f",
            "b.txt",
            "no image".getBytes(UTF_8),
            "f",
            "cut.png",
            cut,
            "f",
            "c.png",
            TinyModels.png(BLUE, 8, 8));
    HttpResponse<byte[]> response =
        client.post("/predict?topK=1", "multipart/form-data; boundary=b", body);
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode predictions = Client.json(response).get("predictions");
    assertThat(predictions.at("/0/classes/0/label").asText()).isEqualTo("red");
    assertThat(predictions.at("/1/image").asText()).isEqualTo("b.txt");
    assertThat(predictions.at("/1/error/code").asText()).isEqualTo("undecodable");
    assertThat(predictions.at("/1/error/message").asText())
        .isEqualTo(
            "expected JPEG, PNG, WebP, BMP or GIF but found a file that starts with 6e 6f 20 69");
    assertThat(predictions.get(1).has("classes")).isFalse();
    assertThat(predictions.at("/2/error/code").asText()).isEqualTo("undecodable");
    assertThat(predictions.at("/3/classes/0/label").asText()).isEqualTo("blue");
  }

  @Test
  void answers422WhenAllFail() throws Exception {
    HttpResponse<byte[]> response = client.post("/predict", "image/jpeg", new byte[] {1, 2, 3});
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(Client.json(response).at("/predictions/0/error/code").asText())
        .isEqualTo("undecodable");
    byte[] json = "{\"images\":[{\"b64\":\"?\"},{}, null]}".getBytes(UTF_8);
    response = client.post("/predict", "application/json", json);
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(Client.json(response).findValuesAsText("code"))
        .containsExactly("invalid_base64", "invalid_base64", "invalid_base64");
  }

  @Test
  void answers413ForTooManyPixelsBytesOrImages() throws Exception {
    HttpResponse<byte[]> pixels =
        client.post("/predict", "image/png", TinyModels.png(RED, 101, 100));
    assertThat(pixels.statusCode()).isEqualTo(413);
    assertThat(Client.json(pixels).at("/predictions/0/error/code").asText()).isEqualTo("too_large");

    assertProblem(
        client.post("/predict", "image/png", new byte[100_001]),
        413,
        "too_large",
        "the body has 100001 bytes, more than the limit of 100000");
    HttpResponse<byte[]> chunked =
        client.send(
            client
                .request("/predict", "image/png")
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[200_000]))));
    assertThat(chunked.statusCode()).isEqualTo(413);

    byte[] image = TinyModels.png(RED, 8, 8);
    byte[] five =
        Client.multipart(
            "b", "f", "1", image, "f", "2", image, "f", "3", image, "f", "4", image, "f", "5",
            image);
    assertProblem(
        client.post("/predict", "multipart/form-data; boundary=b", five),
        413,
        "too_large",
        "a request has at most 4 images");
  }

  @Test
  void countsAPackedBodyUnpacked() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(new byte[10_000_000]);
    }
    assertThat(packed.size()).isLessThan(LIMITS.bodyBytes());
    HttpResponse<byte[]> response =
        client.send(
            client
                .request("/predict", "image/png")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(packed.toByteArray())));
    assertThat(response.statusCode()).isEqualTo(413);
  }

  @Test
  void refusesWhatItDoesNotRead() throws Exception {
    assertProblem(
        client.post("/predict", "text/plain", new byte[] {1}),
        415,
        "unsupported_media_type",
        "expected multipart/form-data, image/*, application/octet-stream or application/json but"
            + " the Content-Type is text/plain");
    assertProblem(
        client.post("/predict", "image/png", new byte[0]),
        400,
        "no_image",
        "the body is empty, expected an image file");
    assertProblem(
        client.post("/predict", "application/json", "{\"images\":[]}".getBytes(UTF_8)),
        400,
        "no_image",
        "there are no images, expected {\"images\":[{\"b64\":\"...\"}]}");
    assertThat(client.post("/predict", "application/json", "{\"im".getBytes(UTF_8)).statusCode())
        .isEqualTo(400);
    assertProblem(
        client.post("/predict", "multipart/form-data; boundary=b", "--b--\r\n".getBytes(UTF_8)),
        400,
        "no_image",
        "there is no file part, expected one or more, such as image=@a.jpg");
    assertThat(
            client
                .post("/predict", "multipart/form-data; boundary=b", "nothing".getBytes(UTF_8))
                .statusCode())
        .isEqualTo(400);
    assertThat(client.post("/predict", "multipart/form-data", new byte[] {1}).statusCode())
        .isEqualTo(400);
    assertProblem(
        client.post("/predict?topK=0", "image/png", new byte[] {1}),
        400,
        "invalid_parameter",
        "topK must be a whole number in 1..2147483647 but is '0'");
  }

  @Test
  void frameworkErrorsReadAsOurs() throws Exception {
    HttpResponse<byte[]> unknown = client.get("/nowhere");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.headers().firstValue("Content-Type")).contains("application/problem+json");
    HttpResponse<byte[]> method = client.get("/predict");
    assertThat(method.statusCode()).isEqualTo(405);
    assertThat(Client.json(method).get("status").asInt()).isEqualTo(405);
    HttpResponse<byte[]> v2 = client.get("/v2/nowhere");
    assertThat(v2.statusCode()).isEqualTo(404);
    assertThat(Client.json(v2).get("error").isTextual()).isTrue();
  }

  @Test
  void isLiveAndReady() throws Exception {
    assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
    assertThat(new String(client.get("/v2/health/ready").body(), UTF_8))
        .isEqualTo("{\"ready\":true}");
  }

  @Test
  void answersEachImageItselfUnderConcurrency() throws Exception {
    int requests = 200;
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    List<Color> colours = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      Color colour = new Color(i, 255 - i, (i * 37) % 256);
      colours.add(colour);
      answers.add(client.postAsync("/predict", "image/png", TinyModels.png(colour, 8, 8)));
      if (i % 32 == 31) {
        answers.get(i).join(); // stays below the queue's bound
      }
    }
    int answered = 0;
    for (int i = 0; i < requests; i++) {
      HttpResponse<byte[]> response = answers.get(i).join();
      if (response.statusCode() == 429) {
        continue; // refused before it was accepted, which is not what this test is about
      }
      answered++;
      for (JsonNode c : Client.json(response).at("/predictions/0/classes")) {
        assertThat(c.get("probability").asDouble())
            .isCloseTo(
                TinyModels.probability(colours.get(i), c.get("index").asInt()), within(1e-5));
      }
    }
    assertThat(answered).isGreaterThan(requests / 2);
  }

  private static void assertProblem(
      HttpResponse<byte[]> response, int status, String code, String detail) throws Exception {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    JsonNode problem = Client.json(response);
    assertThat(problem.get("type").asText()).isEqualTo("about:blank");
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asText()).isNotEmpty();
    assertThat(problem.get("code").asText()).isEqualTo(code);
    assertThat(problem.get("detail").asText()).isEqualTo(detail);
  }
}
