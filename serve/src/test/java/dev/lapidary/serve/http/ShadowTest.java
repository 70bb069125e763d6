package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.repository.ShadowRoute;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A model's images go to another one, too, of which no client sees anything. */
@Timeout(120)
@ExtendWith(NoLeaks.class)
class ShadowTest {
  private static final byte[] RED = TinyModels.png(new Color(200, 20, 30), 8, 8);
  private static final byte[] GREEN = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;
  private long stamp = 1_000_000;
  private final CountDownLatch entered = new CountDownLatch(1);
  private final Semaphore shadowRuns = new Semaphore(0);

  private void put(String name, Path made) throws Exception {
    stamp += 1000;
    Files.setLastModifiedTime(made, FileTime.fromMillis(stamp));
    Files.move(made, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private void put(String name, ModelCard card) throws Exception {
    put(name, TinyModels.write(Files.createTempDirectory(folder, ".made"), Optional.of(card)));
  }

  /** Two models of the same file, of which the second one is to be the shadow. */
  private void putBoth() throws Exception {
    put("shoes.onnx", TinyModels.card());
    put("shoes-int8.onnx", TinyModels.card());
  }

  private static ReadModel read(Path file) {
    return new ReadModel.OfImages(ModelLoader.load(file, 1));
  }

  /** The shadow does what is said, the other models what they are. */
  private static ModelReader shadow(BatchFunction function) {
    return file -> {
      ServedModel model = ModelLoader.load(file, 1);
      boolean shadow = file.endsWith("shoes-int8.onnx");
      return new ReadModel.OfImages(shadow ? model.withNetwork(function) : model);
    };
  }

  /** It takes red for blue, and knows the rest. */
  private static float[] redIsBlue(FloatBuffer inputs, int count) {
    float[] logits = new float[3 * count];
    int length = inputs.remaining() / count;
    for (int i = 0; i < count; i++) {
      boolean red = inputs.get(i * length) > 0.5;
      logits[3 * i + (red ? 2 : 1)] = 1;
    }
    return logits;
  }

  private BatchFunction gated() {
    return (inputs, count) -> {
      if (inputs.get(0) != 1) { // the ones that warm it up
        entered.countDown();
        shadowRuns.acquire();
      }
      return redIsBlue(inputs, count);
    };
  }

  private static ServerSettings settings(int queue, int bytes) {
    return new ServerSettings(
        "127.0.0.1",
        0,
        BatchPolicy.greedy(8),
        new ServerSettings.Limits(bytes, 8, queue, bytes, 64, ImageLimits.DEFAULT),
        2,
        ServerSettings.Timeouts.DEFAULT);
  }

  private PredictionServer start(ServerSettings settings, ModelReader reader) {
    PredictionServer server = PredictionServer.bind(settings);
    try {
      server.shadow(List.of(ShadowRoute.parse("shoes=shoes-int8")));
      server.serve(folder, false, true, reader);
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static double metric(Client client, String line) throws Exception {
    String all = new String(client.get("/metrics").body(), UTF_8);
    Matcher found =
        Pattern.compile("^" + Pattern.quote(line) + " (\\S+)$", Pattern.MULTILINE).matcher(all);
    assertThat(found.find()).as(line + " in " + all).isTrue();
    return Double.parseDouble(found.group(1));
  }

  private static double images(Client client, String outcome) throws Exception {
    return metric(
        client,
        "lapidary_shadow_images_total{model=\"shoes\",outcome=\"%s\",shadow=\"shoes-int8\"}"
            .formatted(outcome));
  }

  /** Until so many copies have met their fate. */
  private static void await(Client client, int images) throws Exception {
    while (true) {
      double sum = 0;
      for (String outcome : List.of("same", "other", "shed", "unavailable", "failed")) {
        sum += images(client, outcome);
      }
      if (sum >= images) {
        assertThat(sum).isEqualTo(images);
        return;
      }
      Thread.sleep(5);
    }
  }

  private static void requireShoes(Client client, byte[] image, String label) throws Exception {
    HttpResponse<byte[]> answer = client.post("/predict/shoes", "image/png", image);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(Client.json(answer).at("/model/name").asText()).isEqualTo("shoes");
    assertThat(Client.json(answer).at("/predictions/0/classes/0/label").asText()).isEqualTo(label);
  }

  private static HttpResponse<byte[]> infer(Client client, String input) throws Exception {
    return client.post(
        "/v2/models/shoes/infer",
        "application/json",
        "{\"inputs\":[{\"name\":\"input\",%s}]}".formatted(input).getBytes(UTF_8));
  }

  /** Two rows of tensors, red and green, as JSON. */
  private static String rows() {
    StringBuilder data = new StringBuilder();
    for (int i = 0; i < 2 * 3 * 64; i++) {
      boolean one = i < 64 || (i >= 3 * 64 + 64 && i < 3 * 64 + 128);
      data.append(i == 0 ? "" : ",").append(one ? "0.9" : "0.1");
    }
    return "\"datatype\":\"FP32\",\"shape\":[2,3,8,8],\"data\":[" + data + "]";
  }

  private static ModelInferRequest call(byte[] image) {
    return GrpcClient.images(image).toBuilder().setModelName("shoes").build();
  }

  @Test
  void whatOneAnswersIsComparedWithTheOthersAnswer() throws Exception {
    putBoth();
    try (PredictionServer server = start(ServerSettings.local(), shadow(ShadowTest::redIsBlue));
        GrpcClient calls = new GrpcClient(server.listenGrpc(0))) {
      Client client = new Client(server.uri());
      requireShoes(client, RED, "red");
      requireShoes(client, GREEN, "green");
      byte[] form = Client.multipart("b", "f", "1", RED, "f", "2", GREEN, "f", "3", new byte[9]);
      HttpResponse<byte[]> three =
          client.post("/predict/shoes", "multipart/form-data; boundary=b", form);
      assertThat(three.statusCode()).isEqualTo(200);
      String green = Base64.getEncoder().encodeToString(GREEN);
      String image = "\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"" + green + "\"]";
      assertThat(infer(client, image).statusCode()).isEqualTo(200);
      assertThat(infer(client, rows()).statusCode()).isEqualTo(200);
      assertThat(calls.infer(call(RED)).getModelName()).isEqualTo("shoes");
      await(client, 8); // what is no image reached nobody
      assertThat(images(client, "same")).isEqualTo(4);
      assertThat(images(client, "other")).isEqualTo(4);
      String runs =
          "lapidary_shadow_run_duration_seconds_count{model=\"shoes\",of=\"%s\",shadow=\"shoes-int8\"}";
      assertThat(metric(client, runs.formatted("model"))).isEqualTo(7); // of tensors one is of two
      assertThat(metric(client, runs.formatted("shadow"))).isEqualTo(7);
      // Nobody asked the shadow, and who does has no shadow.
      String success = "lapidary_inference_request_success_total{model=\"%s\",version=\"7\"}";
      assertThat(metric(client, success.formatted("shoes"))).isEqualTo(6);
      assertThat(client.post("/predict/shoes-int8", "image/png", RED).statusCode()).isEqualTo(200);
      assertThat(metric(client, success.formatted("shoes-int8"))).isEqualTo(1);
      await(client, 8);
    }
  }

  @Test
  void clientsDoNotWaitForIt() throws Exception {
    putBoth();
    try (PredictionServer server = start(settings(64, 4096), shadow(gated()))) {
      Client client = new Client(server.uri());
      requireShoes(client, GREEN, "green");
      entered.await(); // and stands still
      for (int i = 0; i < 5; i++) {
        requireShoes(client, RED, "red");
      }
      await(client, 4); // one of 768 bytes waits, the others find no room in 1,024
      assertThat(images(client, "shed")).isEqualTo(4);
      shadowRuns.release(2);
      await(client, 6);
      assertThat(images(client, "same")).isEqualTo(1);
      assertThat(images(client, "other")).isEqualTo(1);
      assertThat(server.requests().refused()).isZero();
      requireShoes(client, RED, "red");
      shadowRuns.release(1);
    }
  }

  @Test
  void itIsShedBeforeAClientIsRefused() throws Exception {
    putBoth();
    put("hats.onnx", TinyModels.card());
    CountDownLatch hats = new CountDownLatch(1);
    ModelReader reader =
        file -> {
          ServedModel model = ModelLoader.load(file, 1);
          BatchFunction held =
              (inputs, count) -> {
                if (inputs.get(0) != 1) {
                  hats.await();
                }
                return redIsBlue(inputs, count);
              };
          return file.endsWith("hats.onnx")
              ? new ReadModel.OfImages(model.withNetwork(held))
              : shadow(gated()).read(file);
        };
    try (PredictionServer server = start(settings(8, 1 << 20), reader)) {
      Client client = new Client(server.uri());
      requireShoes(client, GREEN, "green");
      entered.await();
      requireShoes(client, GREEN, "green"); // whose copy waits
      byte[] three = Client.multipart("b", "f", "1", RED, "f", "2", RED, "f", "3", RED);
      CompletableFuture<HttpResponse<byte[]>> waiting =
          client.postAsync("/predict/hats", "multipart/form-data; boundary=b", three);
      while (server.imagesInFlight() < 3) { // of 8, so more than a quarter
        Thread.sleep(1);
      }
      requireShoes(client, RED, "red");
      requireShoes(client, RED, "red");
      await(client, 3); // and so is the one that waited
      assertThat(images(client, "shed")).isEqualTo(3);
      assertThat(server.requests().refused()).isZero();
      hats.countDown();
      assertThat(waiting.join().statusCode()).isEqualTo(200);
      shadowRuns.release(1);
      await(client, 4);
      assertThat(images(client, "same")).isEqualTo(1);
    }
  }

  private static ModelCard resizedTo(int side) {
    ModelCard card = TinyModels.card();
    Preprocessing own = TinyModels.PREPROCESSING;
    Preprocessing other =
        new Preprocessing(
            own.resize(), side, own.interpolation(), 8, 8, own.mean(), own.std(), own.colour());
    return new ModelCard(
        card.name(),
        card.version(),
        card.architecture(),
        card.labels(),
        card.activation(),
        card.scores(),
        card.input(),
        Optional.of(other),
        Optional.empty(),
        card.metrics(),
        card.provenance(),
        card.quantization(),
        card.parity(),
        card.golden());
  }

  private Failure refused(String... routes) {
    PredictionServer server = PredictionServer.bind(ServerSettings.local());
    try (server) {
      server.shadow(List.of(routes).stream().map(ShadowRoute::parse).toList());
      server.serve(folder, true, false, ShadowTest::readAny);
    } catch (Failure e) {
      assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT);
      return e;
    }
    throw new AssertionError("not refused");
  }

  private static ReadModel readAny(Path file) {
    return file.endsWith("bare.onnx")
        ? new ReadModel.OfTensors(TensorModel.open(file, Device.cpu(), 1), "it has no card")
        : read(file);
  }

  @Test
  void whatCannotBeComparedIsRefused() throws Exception {
    putBoth();
    put("small.onnx", resizedTo(9));
    put("two.onnx", TinyModels.card(List.of("red", "green", "black")));
    put(
        "levels.onnx",
        TinyModels.writeLevels(
            Files.createTempDirectory(folder, ".made"), Optional.of(TinyModels.levelsCard())));
    put(
        "bare.onnx",
        TinyModels.write(Files.createTempDirectory(folder, ".made"), Optional.empty()));
    put(
        "single.onnx",
        TinyModels.write(
            Files.createTempDirectory(folder, ".made"), Optional.of(TinyModels.card()), false));
    String all = "expected one of bare, levels, shoes, shoes-int8, single, small, two";
    assertThat(refused("shoes=hats"))
        .hasMessage("--shadow shoes=hats: there is no model hats, " + all);
    assertThat(refused("hats=shoes"))
        .hasMessage("--shadow hats=shoes: there is no model hats, " + all);
    assertThat(refused("shoes=shoes-int8/9"))
        .hasMessage(
            "--shadow shoes=shoes-int8/9: shoes-int8/9: the model has no such version, expected one"
                + " of 7");
    assertThat(refused("shoes=two"))
        .hasMessage("--shadow shoes=two: class 2 of two is 'black', expected 'blue' as of shoes");
    assertThat(refused("shoes=small"))
        .hasMessage(
            "--shadow shoes=small: small prepares images by SHORTER_SIDE 9, BILINEAR, crop 8x8,"
                + " mean [0.0, 0.0, 0.0], std [1.0, 1.0, 1.0], RGB on #000000, expected"
                + " SHORTER_SIDE 8, BILINEAR, crop 8x8, mean [0.0, 0.0, 0.0], std [1.0, 1.0, 1.0],"
                + " RGB on #000000 as shoes does");
    assertThat(refused("shoes=levels"))
        .hasMessage(
            "--shadow shoes=levels: levels takes UINT8 [-1, 8, 8, 3], expected FP32 [-1, 3, 8, 8]"
                + " as shoes does");
    assertThat(refused("shoes=single"))
        .hasMessage(
            "--shadow shoes=single: single takes FP32 [1, 3, 8, 8], expected FP32 [-1, 3, 8, 8] as"
                + " shoes does");
    assertThat(refused("shoes=bare"))
        .hasMessage(
            "--shadow shoes=bare: the model bare takes no images, so it has no classes to compare");
    assertThat(refused("bare=shoes"))
        .hasMessage(
            "--shadow bare=shoes: the model bare takes no images, so it has no classes to compare");
    assertThat(refused("shoes=two", "shoes=shoes-int8"))
        .hasMessage("--shadow gives shoes two shadows, expected one");
  }

  @Test
  void whatDoesNotFitAfterAReloadIsToldAndNotAsked() throws Exception {
    putBoth();
    try (PredictionServer server = start(ServerSettings.local(), ShadowTest::read)) {
      Client client = new Client(server.uri());
      requireShoes(client, RED, "red");
      await(client, 1);
      put("shoes-int8.onnx", TinyModels.card(List.of("a", "green", "blue")));
      server.reload();
      assertThat(server.shadowTroubles())
          .containsExactly(
              "--shadow shoes=shoes-int8: class 0 of shoes-int8 is 'a', expected 'red' as of"
                  + " shoes");
      requireShoes(client, RED, "red");
      await(client, 2);
      Files.delete(folder.resolve("shoes-int8.onnx"));
      server.reload();
      requireShoes(client, RED, "red");
      await(client, 3);
      assertThat(images(client, "unavailable")).isEqualTo(2);
      assertThat(images(client, "same")).isEqualTo(1);
      put("shoes-int8.onnx", TinyModels.card());
      server.reload();
      assertThat(server.shadowTroubles()).isEmpty();
      requireShoes(client, RED, "red");
      await(client, 4);
      assertThat(images(client, "same")).isEqualTo(2);
    }
  }

  @Test
  void itsFailuresAreItsOwn() throws Exception {
    putBoth();
    BatchFunction failing =
        (inputs, count) -> {
          if (inputs.get(0) != 1) {
            throw new IllegalStateException("no");
          }
          return new float[3 * count];
        };
    try (PredictionServer server = start(ServerSettings.local(), shadow(failing))) {
      Client client = new Client(server.uri());
      requireShoes(client, RED, "red");
      requireShoes(client, GREEN, "green");
      await(client, 2);
      assertThat(images(client, "failed")).isEqualTo(2);
    }
  }
}
