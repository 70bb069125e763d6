package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.repository.ModelFiles.Change;
import dev.lapidary.serve.repository.ModelFiles.What;
import dev.lapidary.serve.repository.ShadowRoute;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Heads of one trunk: each a model of its own, and the trunk runs once for all of them. */
@Timeout(120)
@ExtendWith(NoLeaks.class)
class ServedHeadsTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;

  /** How many images each run of the trunk had. */
  private final List<Integer> runs = new CopyOnWriteArrayList<>();

  private long stamp = 1_000_000;

  @BeforeEach
  void models() throws Exception {
    trunk();
    head("shoes", 0, 0, 1, 2);
    head("bags", 0, 2, 0);
  }

  private Path trunk() throws Exception {
    Path made = TinyModels.writeFeatures(Files.createTempDirectory(folder, ".made"));
    return put(made, "trunk.onnx");
  }

  private void head(String name, float error, int... channels) throws Exception {
    Path made = folder.resolve(".head.onnx");
    TinyModels.writeHead(
        made,
        folder.resolve("trunk.onnx"),
        Optional.of(TinyModels.goldenOfHead(error, channels)),
        channels);
    put(made, name + ".onnx");
  }

  /** A file that is another one than before, whatever the clock says. */
  private Path put(Path made, String name) throws Exception {
    stamp += 1000;
    Files.setLastModifiedTime(made, FileTime.fromMillis(stamp));
    return Files.move(
        made,
        folder.resolve(name),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }

  /** The trunk's runs are counted. */
  private ReadModel read(Path file) {
    Optional<HeadModel> head = HeadModel.open(file);
    if (head.isPresent()) {
      return new ReadModel.OfHead(head.get());
    }
    ServedModel model = ModelLoader.load(file, 1);
    return new ReadModel.OfImages(
        model.withNetwork(
            (images, count) -> {
              runs.add(count);
              return model.network().run(images, count);
            }));
  }

  private PredictionServer start() {
    PredictionServer server = PredictionServer.bind(ServerSettings.local());
    List<Change> changes = server.serve(folder, false, true, this::read);
    assertThat(changes).noneMatch(Change::failed);
    runs.clear(); // of loading
    return server;
  }

  private static JsonNode ok(HttpResponse<byte[]> response) throws Exception {
    assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(200);
    return Client.json(response);
  }

  private static JsonNode statistics(Client client, String model) throws Exception {
    return ok(client.get("/v2/models/" + model + "/stats")).at("/model_stats/0");
  }

  private static void refused(HttpResponse<byte[]> response, int status, String code, String detail)
      throws Exception {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(Client.json(response).get("code").asText()).isEqualTo(code);
    assertThat(Client.json(response).get("detail").asText()).isEqualTo(detail);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(5); // the test's own limit ends it
    }
  }

  @Test
  void aHeadAnswersAsAnyModel() throws Exception {
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      JsonNode answer = ok(client.post("/predict/bags", "image/png", IMAGE));
      assertThat(answer.at("/model/name").asText()).isEqualTo("bags");
      assertThat(answer.at("/model/sha256").asText())
          .isEqualTo(Sha256.of(folder.resolve("bags.onnx")));
      JsonNode classes = answer.at("/predictions/0/classes");
      assertThat(classes).hasSize(2);
      assertThat(classes.get(0).get("label").asText()).isEqualTo("blue");
      double blue = 1 / (1 + Math.exp((10 - 30) / 255.0)); // of blue and red alone
      assertThat(classes.get(0).get("probability").asDouble()).isCloseTo(blue, within(1e-6));
      assertThat(runs).containsExactly(1);
      JsonNode own = statistics(client, "bags");
      assertThat(own.get("inference_count").asInt()).isEqualTo(1);
      assertThat(own.at("/inference_stats/success/count").asInt()).isEqualTo(1);
      JsonNode below = statistics(client, "trunk");
      assertThat(below.get("inference_count").asInt()).isEqualTo(1);
      assertThat(below.at("/inference_stats/success/count").asInt()).isZero();
      JsonNode page = ok(client.get("/page/models"));
      assertThat(page.at("/0/name").asText()).isEqualTo("bags");
      assertThat(page.at("/0/takesImages").asBoolean()).isTrue();
      assertThat(page.at("/0/classes").asInt()).isEqualTo(2);
      assertThat(page.at("/2/name").asText()).isEqualTo("trunk");
      assertThat(page.at("/2/takesImages").asBoolean()).isFalse();
    }
  }

  @Test
  void oneRequestForSeveralHeadsRunsTheTrunkOnce() throws Exception {
    byte[] other = TinyModels.png(new Color(250, 20, 90), 8, 8);
    byte[] body =
        Client.multipart("b", "a", "a.png", IMAGE, "b", "b.png", other, "c", "c.txt", new byte[9]);
    String type = "multipart/form-data; boundary=b";
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      JsonNode all = ok(client.post("/predict/trunk?topK=2", type, body));
      assertThat(runs.stream().mapToInt(Integer::intValue).sum()).isEqualTo(2);
      assertThat(all.at("/model/name").asText()).isEqualTo("trunk");
      assertThat(all.get("heads")).hasSize(2);
      for (int i = 0; i < 2; i++) {
        String name = i == 0 ? "bags" : "shoes";
        JsonNode alone = ok(client.post("/predict/" + name + "?topK=2", type, body));
        assertThat(all.at("/heads/" + i)).isEqualTo(alone);
        assertThat(alone.at("/predictions/2/error/code").asText()).isEqualTo("undecodable");
        JsonNode own = statistics(client, name);
        assertThat(own.at("/inference_stats/success/count").asInt()).isEqualTo(2);
        assertThat(own.get("inference_count").asInt()).isEqualTo(4);
      }
      JsonNode below = statistics(client, "trunk");
      assertThat(below.get("inference_count").asInt()).isEqualTo(6);
      assertThat(below.at("/inference_stats/success/count").asInt()).isEqualTo(1);
      JsonNode one = ok(client.post("/predict/trunk?heads=shoes", type, body));
      assertThat(one.get("heads")).hasSize(1);
      assertThat(one.at("/heads/0/model/name").asText()).isEqualTo("shoes");
      JsonNode turned = ok(client.post("/predict/trunk?heads=shoes,bags", type, body));
      assertThat(turned.at("/heads/1/model/name").asText()).isEqualTo("bags");
    }
  }

  /** A batch begins when it is full: with three requests for three different answers. */
  @Test
  void requestsForDifferentHeadsShareTheTrunksBatches() throws Exception {
    BatchPolicy three = new BatchPolicy(3, Duration.ofSeconds(60));
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local().withBatch(three))) {
      server.serve(folder, false, true, this::read);
      runs.clear();
      Client client = new Client(server.uri());
      List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
      for (String path : List.of("/predict/shoes", "/predict/bags", "/predict/trunk")) {
        answers.add(client.postAsync(path, "image/png", IMAGE));
      }
      for (CompletableFuture<HttpResponse<byte[]>> each : answers) {
        ok(each.get());
      }
      assertThat(runs).containsExactly(3);
      JsonNode below = statistics(client, "trunk");
      assertThat(below.get("execution_count").asInt()).isEqualTo(1);
      assertThat(below.at("/batch_stats/0/batch_size").asInt()).isEqualTo(3);
    }
  }

  @Test
  void aHeadWaitsForItsTrunkAndHarmsNobody() throws Exception {
    Path away = folder.resolve(".away");
    Path trunk = folder.resolve("trunk.onnx");
    String sha256 = Sha256.of(trunk);
    put(TinyModels.write(Files.createTempDirectory(folder, ".made")), "hats.onnx");
    Files.move(trunk, away);
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      List<Change> changes = server.serve(folder, false, true, this::read);
      assertThat(changes).filteredOn(c -> c.what() == What.REFUSED).hasSize(2);
      Client client = new Client(server.uri());
      ok(client.post("/predict/hats", "image/png", IMAGE));
      refused(
          client.post("/predict/bags", "image/png", IMAGE),
          503,
          "trunk_missing",
          "its trunk, the file with the SHA-256 "
              + sha256
              + ", is not loaded, expected it in the same folder; put it there, or export the head"
              + " for the trunk that is there");
      assertThat(server.reload()).isEmpty();
      Files.move(away, trunk);
      assertThat(server.reload())
          .extracting(Change::what)
          .containsExactly(What.LOADED, What.LOADED, What.LOADED);
      ok(client.post("/predict/bags", "image/png", IMAGE));
    }
  }

  @Test
  void aHeadThatAnswersOtherwiseIsRefusedAlone() throws Exception {
    head("bags", 0.1f, 2, 0);
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.serve(folder, false, true, this::read);
      Client client = new Client(server.uri());
      HttpResponse<byte[]> bags = client.post("/predict/bags", "image/png", IMAGE);
      assertThat(bags.statusCode()).isEqualTo(503);
      assertThat(Client.json(bags).get("code").asText()).isEqualTo("golden_check_failed");
      assertThat(ok(client.post("/predict/trunk", "image/png", IMAGE)).get("heads")).hasSize(1);
      ok(client.post("/predict/shoes", "image/png", IMAGE));
    }
  }

  @Test
  void noRequestNoticesThatTrunksAndHeadsAreExchanged() throws Exception {
    try (PredictionServer server = start()) {
      AtomicBoolean ended = new AtomicBoolean();
      AtomicInteger answered = new AtomicInteger();
      List<String> wrong = new CopyOnWriteArrayList<>();
      List<Thread> clients = new ArrayList<>();
      for (String path : List.of("/predict/shoes", "/predict/bags", "/predict/trunk?heads=shoes")) {
        Thread thread = new Thread(() -> ask(server, path, ended, answered, wrong));
        thread.start();
        clients.add(thread);
      }
      for (int i = 0; i < 6; i++) {
        int before = answered.get();
        if (i % 2 == 0) {
          trunk();
        } else {
          head("shoes", 0, 0, 1, 2);
        }
        assertThat(server.reload()).extracting(Change::what).containsExactly(What.RELOADED);
        await(() -> answered.get() > before + 10);
      }
      ended.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(wrong).isEmpty();
    }
  }

  private static void ask(
      PredictionServer server,
      String path,
      AtomicBoolean ended,
      AtomicInteger answered,
      List<String> wrong) {
    try {
      Client client = new Client(server.uri());
      while (!ended.get()) {
        HttpResponse<byte[]> response = client.post(path, "image/png", IMAGE);
        if (response.statusCode() != 200) {
          wrong.add(path + ": " + new String(response.body(), UTF_8));
        }
        answered.incrementAndGet();
      }
    } catch (Exception e) {
      wrong.add(path + ": " + e);
    }
  }

  @Test
  void aTrunkThatIsUnloadedStaysWithItsHeadsUntilTheyGo() throws Exception {
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      change(client, "trunk", "unload");
      refused(
          client.post("/predict/trunk", "image/png", IMAGE),
          503,
          "unloaded",
          "it answers what it has accepted");
      ok(client.post("/predict/shoes", "image/png", IMAGE));
      change(client, "bags", "unload");
      ok(client.post("/predict/shoes", "image/png", IMAGE));
      change(client, "shoes", "unload");
      String index = "/v2/repository/index";
      while (ok(client.post(index, "application/json", new byte[0]))
          .toString()
          .contains("LOADING")) {
        Thread.sleep(5);
      }
      HttpResponse<byte[]> alone =
          client.post("/v2/repository/models/shoes/load", "application/json", new byte[0]);
      assertThat(alone.statusCode()).isEqualTo(400);
      assertThat(new String(alone.body(), UTF_8)).contains("its trunk, the file with the SHA-256 ");
      change(client, "trunk", "load"); // and with it what waited
      ok(client.post("/predict/shoes", "image/png", IMAGE));
      refused(client.post("/predict/bags", "image/png", IMAGE), 503, "unloaded", "unloaded");
    }
  }

  private static void change(Client client, String model, String what) throws Exception {
    HttpResponse<byte[]> response =
        client.post("/v2/repository/models/" + model + "/" + what, "application/json", new byte[0]);
    assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(200);
  }

  @Test
  void whatIsNoHeadOfATrunkIsRefused() throws Exception {
    put(TinyModels.write(Files.createTempDirectory(folder, ".made")), "hats.onnx");
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      refused(
          client.post("/predict/trunk?heads=shoes,hats", "image/png", IMAGE),
          400,
          "no_such_head",
          "trunk has no head hats that is loaded, expected some of: bags, shoes");
      refused(
          client.post("/predict/hats?heads=shoes", "image/png", IMAGE),
          400,
          "no_such_head",
          "hats has no head shoes that is loaded, expected some of: none is");
      refused(
          client.post("/predict/shoes?heads=bags", "image/png", IMAGE),
          400,
          "invalid_parameter",
          "heads is asked of a trunk, but shoes is a head itself; leave it out");
      refused(
          client.post("/predict/trunk?heads=", "image/png", IMAGE),
          400,
          "invalid_parameter",
          "heads must be names of models with commas between them but is ''");
      change(client, "shoes", "unload");
      change(client, "bags", "unload");
      refused(
          client.post("/predict/trunk", "image/png", IMAGE),
          400,
          "gives_features",
          "trunk gives features and no classes, and no head of it is loaded; POST"
              + " /v2/models/trunk/infer gives the features");
    }
  }

  @Test
  void aHeadHasNoShadow() {
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.shadow(List.of(ShadowRoute.parse("shoes=bags")));
      assertThatThrownBy(() -> server.serve(folder, false, false, this::read))
          .isInstanceOf(Failure.class)
          .hasMessage(
              "--shadow shoes=bags: shoes is a head, whose images go into its trunk: expected a"
                  + " whole network, as which it can be exported without --head-of");
    }
  }

  @Test
  void theProtocolSeesAHeadAsANetworkOfFeatures() throws Exception {
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      JsonNode told = ok(client.get("/v2/models/bags"));
      assertThat(told.at("/inputs/0").toString())
          .isEqualTo("{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":[-1,3]}");
      assertThat(told.at("/outputs/0/shape").toString()).isEqualTo("[-1,2]");
      String tensor =
          "{\"inputs\":[{\"name\":\"features\",\"datatype\":\"FP32\",\"shape\":[2,3],"
              + "\"data\":[1,2,3,4,5,6]}]}";
      JsonNode logits =
          ok(client.post("/v2/models/bags/infer", "application/json", tensor.getBytes(UTF_8)));
      assertThat(logits.at("/outputs/0/data").toString()).isEqualTo("[3.0,1.0,6.0,4.0]");
      assertThat(runs).isEmpty();
    }
  }
}
