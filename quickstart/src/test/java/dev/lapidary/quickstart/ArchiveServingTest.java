package dev.lapidary.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One trained network as an ONNX file and as a TorchScript archive, both with golden images, in one
 * server with {@code --engine pytorch}.
 */
class ArchiveServingTest {
  private static final Path RUN = Path.of("../trainer/src/test/resources/compat/b5542fc/run");
  private static final Path IMAGES = Path.of("data/val");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the exporter allows between libtorch and ONNX Runtime, of the largest |logit|. */
  private static final double BOUND = 1e-4;

  private static final int TERMINATED = 143;
  private static final int CLIENTS = 4;
  private static final int ROUNDS = 1;
  private static final int PROOF_ROUNDS = 50;

  @TempDir static Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private final Programs programs =
      new Programs(ArchiveServingTest::launcher, new PrintWriter(new StringWriter()));

  @BeforeAll
  static void export() {
    assertThat(exported("onnx", "net.onnx")).contains("net.onnx");
    assertThat(exported("torchscript", "archive.pt")).contains("archive.pt");
  }

  private static String exported(String command, String name) {
    StringWriter out = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(out),
            new PrintWriter(out),
            command,
            RUN.toString(),
            "--calibration=" + IMAGES,
            "--out=" + folder.resolve(name));
    assertThat(status).as(out.toString()).isZero();
    return out.toString();
  }

  private static List<String> launcher(String program) {
    assertThat(program).isEqualTo("serve");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-CreateCoredumpOnCrash",
        "-XX:ErrorFile=/dev/null",
        "-cp",
        System.getProperty("java.class.path"),
        ServeMain.class.getName());
  }

  private Programs.Server serve(Path model) throws IOException, InterruptedException {
    return programs.serve(
        "run",
        "--model=" + model,
        "--engine=pytorch",
        "--port=0",
        "--threads=1",
        "--batching=fixed",
        "--model-control=explicit");
  }

  @Test
  void bothGiveTheSameByEachProtocolAlsoAfterReloads() throws Exception {
    try (Programs.Server server = serve(folder)) {
      try (Stream<Path> images = Files.walk(IMAGES)) {
        for (Path image : images.filter(Files::isRegularFile).sorted().limit(12).toList()) {
          JsonNode onnx = predicted(server, "net", image);
          JsonNode archive = predicted(server, "archive", image);
          assertThat(archive).hasSameSizeAs(onnx);
          for (int i = 0; i < onnx.size(); i++) {
            assertThat(archive.get(i).get("label")).isEqualTo(onnx.get(i).get("label"));
            assertThat(archive.get(i).get("probability").asDouble())
                .isCloseTo(onnx.get(i).get("probability").asDouble(), within(BOUND));
          }
        }
      }
      JsonNode onnx = inferred(server, "net");
      JsonNode archive = inferred(server, "archive");
      assertThat(archive.get("shape")).isEqualTo(onnx.get("shape"));
      assertThat(archive.get("name")).isEqualTo(onnx.get("name"));
      double largest = 0;
      for (JsonNode logit : onnx.get("data")) {
        largest = Math.max(largest, Math.abs(logit.asDouble()));
      }
      for (int i = 0; i < onnx.get("data").size(); i++) {
        assertThat(archive.at("/data/" + i).asDouble())
            .isCloseTo(onnx.at("/data/" + i).asDouble(), within(BOUND * largest));
      }
      assertThat(get(server, "/v2/models/archive").get("platform").asText())
          .isEqualTo("pytorch_libtorch");
      assertThat(get(server, "/v2/models/archive/config").get("backend").asText())
          .isEqualTo("pytorch");
      assertThat(get(server, "/v2/models/net").get("platform").asText()).isEqualTo("onnx_onnxv1");
      JsonNode counts = get(server, "/v2/models/archive/stats").at("/model_stats/0");
      assertThat(counts.get("inference_count").asInt()).isPositive();
      loadsAgain(server);
    }
  }

  private void loadsAgain(Programs.Server server) throws IOException, InterruptedException {
    String before = inferred(server, "archive").toString();
    for (int i = 0; i < 3; i++) {
      assertThat(post(server, "/v2/repository/models/archive/unload", "{}").statusCode())
          .isEqualTo(200);
      assertThat(post(server, "/v2/models/archive/infer", tensor()).statusCode()).isNotEqualTo(200);
      assertThat(post(server, "/v2/repository/models/archive/load", "{}").statusCode())
          .isEqualTo(200);
      assertThat(inferred(server, "archive").toString()).isEqualTo(before);
    }
  }

  /** Its golden images say other logits than its weights give. */
  @Test
  void anArchiveWithOtherAnswersIsNotServed(@TempDir Path other) throws Exception {
    TorchScriptArchive archive = ArchiveReader.read(folder.resolve("archive.pt"));
    String card =
        new String(archive.extra().get(TorchScriptArchive.CARD), UTF_8)
            .replaceFirst("\"logits\":\\[[^]]*\\]", "\"logits\":[9.0,-9.0]");
    ArchiveWriter.write(
        archive.withExtra(Map.of(TorchScriptArchive.CARD, card.getBytes(UTF_8))),
        other.resolve("archive.pt"));
    Files.copy(folder.resolve("net.onnx"), other.resolve("net.onnx"));
    try (Programs.Server server = serve(other)) {
      assertThat(get(server, "/v2/repository/index").toString())
          .contains("golden image 0", "UNAVAILABLE");
    }
  }

  @Test
  void stopsUnderLoad() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      stopUnderLoad();
    }
  }

  @Test
  @Tag("proof")
  void stopsUnderLoadInFiftyRounds() throws Exception {
    for (int round = 0; round < PROOF_ROUNDS; round++) {
      stopUnderLoad();
    }
  }

  /** libtorch computes while the process is told to end: no crash, and no wrong answer. */
  private void stopUnderLoad() throws Exception {
    AtomicBoolean stopping = new AtomicBoolean();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    List<Thread> clients = new ArrayList<>();
    Programs.Server server = serve(folder.resolve("archive.pt"));
    CountDownLatch answered = new CountDownLatch(5 * CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread = new Thread(() -> ask(server, answered, stopping, wrong));
      thread.start();
      clients.add(thread);
    }
    answered.await();
    Thread.sleep(ThreadLocalRandom.current().nextInt(100));
    stopping.set(true);
    server.process().destroy();
    assertThat(server.process().waitFor()).isEqualTo(TERMINATED);
    for (Thread thread : clients) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
  }

  private void ask(
      Programs.Server server,
      CountDownLatch answered,
      AtomicBoolean stopping,
      Queue<String> wrong) {
    while (!stopping.get()) {
      boolean before = !stopping.get();
      try {
        int status = post(server, "/v2/models/__torch__.exported.Net/infer", tensor()).statusCode();
        answered.countDown();
        if (status != 200 && !(status == 503 && stopping.get())) {
          wrong.add("status " + status);
        }
      } catch (IOException e) {
        if (before && !stopping.get()) {
          wrong.add(e.toString());
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private JsonNode predicted(Programs.Server server, String model, Path image)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.base().resolve("/predict/" + model))
            .header("Content-Type", "image/png")
            .POST(HttpRequest.BodyPublishers.ofFile(image))
            .build();
    return JSON.readTree(sent(request).body()).at("/predictions/0/classes");
  }

  private JsonNode inferred(Programs.Server server, String model)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = post(server, "/v2/models/" + model + "/infer", tensor());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).at("/outputs/0");
  }

  /** Three images. */
  private static String tensor() {
    float[] numbers = Uniform.tensor("images", 3, 3, 8, 8).toFloats();
    StringBuilder data = new StringBuilder();
    for (float number : numbers) {
      data.append(data.isEmpty() ? "" : ",").append(number);
    }
    return "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[3,3,8,8],\"data\":["
        + data
        + "]}]}";
  }

  private JsonNode get(Programs.Server server, String path)
      throws IOException, InterruptedException {
    URI uri = server.base().resolve(path);
    if (path.endsWith("index")) {
      return JSON.readTree(post(server, path, "{}").body());
    }
    return JSON.readTree(sent(HttpRequest.newBuilder(uri).build()).body());
  }

  private HttpResponse<String> post(Programs.Server server, String path, String body)
      throws IOException, InterruptedException {
    return sent(
        HttpRequest.newBuilder(server.base().resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> sent(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
