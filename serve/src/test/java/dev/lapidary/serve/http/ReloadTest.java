package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.repository.ModelFiles.Change;
import dev.lapidary.serve.repository.ModelFiles.What;
import dev.lapidary.serve.repository.TrafficSplit;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Real models of a folder, over HTTP, while they are exchanged. */
@Timeout(120)
@ExtendWith(NoLeaks.class)
class ReloadTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;
  private long stamp = 1_000_000;

  private static ReadModel read(Path file) {
    return new ReadModel.OfImages(ModelLoader.load(file, 1));
  }

  /** A file that is another one than before, whatever the clock says. */
  private void put(String name, Optional<ModelCard> card) throws Exception {
    Path made = TinyModels.write(Files.createTempDirectory(folder, ".made"), card);
    stamp += 1000;
    Files.setLastModifiedTime(made, FileTime.fromMillis(stamp));
    Files.move(
        made,
        folder.resolve(name),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
  }

  private static Optional<ModelCard> good() {
    return Optional.of(TinyModels.card(TinyModels.golden(0.001f)));
  }

  private static Optional<ModelCard> wrong() {
    return Optional.of(TinyModels.card(TinyModels.golden(0.02f)));
  }

  private PredictionServer start() {
    PredictionServer server = PredictionServer.bind(ServerSettings.local());
    server.serve(folder, false, false, ReloadTest::read);
    return server;
  }

  @Test
  void severalModelsAnswerByTheirNames() throws Exception {
    put("shoes.onnx", good());
    put("hats.onnx", good());
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      HttpResponse<byte[]> shoes = client.post("/predict/shoes", "image/png", IMAGE);
      assertThat(shoes.statusCode()).isEqualTo(200);
      JsonNode answer = Client.json(shoes);
      assertThat(answer.at("/model/name").asText()).isEqualTo("shoes");
      assertThat(answer.at("/model/version").asText()).isEqualTo("7");
      assertThat(answer.at("/predictions/0/classes/0/label").asText()).isEqualTo("green");
      HttpResponse<byte[]> unnamed = client.post("/predict", "image/png", IMAGE);
      assertThat(unnamed.statusCode()).isEqualTo(400);
      assertThat(Client.json(unnamed).get("code").asText()).isEqualTo("model_required");
      assertThat(Client.json(unnamed).get("detail").asText())
          .isEqualTo(
              "the server has 2 models, expected POST /predict/{model} with one of hats, shoes");
      for (String path : List.of("/predict/coats", "/predict/..%2Fshoes", "/predict/%00")) {
        HttpResponse<byte[]> unknown = client.post(path, "image/png", IMAGE);
        assertThat(unknown.statusCode()).as(path).isEqualTo(404);
      }
    }
  }

  private static List<String> answering(Client client, String path, int requests) throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      HttpResponse<byte[]> answer = client.post(path, "image/png", IMAGE);
      assertThat(answer.statusCode()).isEqualTo(200);
      names.add(Client.json(answer).at("/model/name").asText());
    }
    return names;
  }

  @Test
  void aNameThatIsSplitIsAnsweredByEachModelInItsTurn() throws Exception {
    put("shoes.onnx", good());
    put("shoes-new.onnx", good());
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.split(List.of(TrafficSplit.parse("shoes=shoes:0.75,shoes-new:0.25")));
      server.serve(folder, false, true, ReloadTest::read);
      Client client = new Client(server.uri());
      assertThat(client.get("/v2/models/shoes").statusCode()).isEqualTo(200); // takes no turn
      assertThat(answering(client, "/predict/shoes", 8))
          .containsOnly("shoes", "shoes-new")
          .filteredOn("shoes-new"::equals)
          .hasSize(2);
      assertThat(answering(client, "/predict/shoes-new", 2)).containsOnly("shoes-new");
      Files.delete(folder.resolve("shoes-new.onnx"));
      server.reload();
      assertThat(answering(client, "/predict/shoes", 8)).containsOnly("shoes");
    }
  }

  @Test
  void aSplitOfWhatIsNotThereIsRefused() throws Exception {
    put("shoes.onnx", good());
    put("hats.onnx", good());
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.split(List.of(TrafficSplit.parse("all=shoes:1,coats:1")));
      assertThatThrownBy(() -> server.serve(folder, false, false, ReloadTest::read))
          .isInstanceOf(Failure.class)
          .hasMessage("--split all: there is no model coats, expected one of hats, shoes");
      TrafficSplit twice = TrafficSplit.parse("all=shoes:1,hats:1");
      assertThatThrownBy(() -> server.split(List.of(twice, twice)))
          .isInstanceOf(Failure.class)
          .hasMessage("--split says twice what all is, expected once");
    }
  }

  @Test
  void aModelThatCannotBeLoadedLeavesTheOthersReady() throws Exception {
    put("shoes.onnx", good());
    put("hats.onnx", wrong());
    try (PredictionServer server = start()) {
      Client client = new Client(server.uri());
      assertThat(client.get("/v2/health/ready").statusCode()).isEqualTo(200);
      assertThat(client.post("/predict/shoes", "image/png", IMAGE).statusCode()).isEqualTo(200);
      HttpResponse<byte[]> hats = client.post("/predict/hats", "image/png", IMAGE);
      assertThat(hats.statusCode()).isEqualTo(503);
      assertThat(Client.json(hats).get("code").asText()).isEqualTo("golden_check_failed");
      Files.write(folder.resolve("shoes.onnx"), new byte[] {1, 2, 3});
      List<Change> changes = server.reload();
      assertThat(changes).extracting(Change::what).containsExactly(What.BROKEN);
      assertThat(client.post("/predict/shoes", "image/png", IMAGE).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesAFolderOfWhichNothingCanBeRead() throws Exception {
    Files.write(folder.resolve("a.onnx"), new byte[] {1, 2, 3});
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      assertThatThrownBy(() -> server.serve(folder, false, false, ReloadTest::read))
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("[a.onnx] ONNX Runtime cannot load it, expected an ONNX model: ");
    }
  }

  @Test
  void noRequestNoticesAReload() throws Exception {
    swaps(10);
  }

  @Test
  @Tag("proof")
  void noRequestNoticesAHundredReloads() throws Exception {
    swaps(100);
  }

  /** Good ones, every third one refused by its golden check, under three clients. */
  private void swaps(int count) throws Exception {
    put("tiny.onnx", good());
    try (PredictionServer server = start()) {
      AtomicBoolean ended = new AtomicBoolean();
      AtomicInteger answered = new AtomicInteger();
      List<String> wrong = new ArrayList<>();
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Thread thread = new Thread(() -> ask(new Client(server.uri()), ended, answered, wrong));
        thread.start();
        clients.add(thread);
      }
      for (int i = 0; i < count; i++) {
        int before = answered.get();
        put("tiny.onnx", i % 3 == 2 ? wrong() : good());
        assertThat(server.reload())
            .extracting(Change::what)
            .containsExactly(i % 3 == 2 ? What.REFUSED : What.RELOADED);
        while (answered.get() < before + 3) {
          Thread.sleep(1);
        }
      }
      ended.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(wrong).isEmpty();
      assertThat(server.requests().refused()).isZero();
      assertThat(server.requests().failed()).isZero();
      System.out.println(count + " reloads beside " + answered + " requests");
    }
  }

  private static void ask(
      Client client, AtomicBoolean ended, AtomicInteger answered, List<String> wrong) {
    try {
      while (!ended.get()) {
        HttpResponse<byte[]> response = client.post("/predict", "image/png", IMAGE);
        String label =
            response.statusCode() == 200
                ? Client.json(response).at("/predictions/0/classes/0/label").asText()
                : "";
        if (!label.equals("green")) {
          synchronized (wrong) {
            wrong.add(response.statusCode() + " " + label);
          }
        }
        answered.incrementAndGet();
      }
    } catch (Exception e) {
      synchronized (wrong) {
        wrong.add(e.toString());
      }
      answered.addAndGet(1000);
    }
  }
}
