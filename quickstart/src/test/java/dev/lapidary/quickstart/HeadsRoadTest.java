package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two networks with one frozen trunk, trained, exported and served as a trunk and two heads. */
class HeadsRoadTest {
  private static final Path DATA = Path.of("data");
  private static final int IMAGES = 12;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final StringWriter log = new StringWriter();
  private Path models;

  @Test
  void headsOfOneTrunkAnswerAsTheWholeNetworks() throws IOException, InterruptedException {
    models = Files.createDirectory(folder.resolve("models"));
    Path shoes = trained("shoes", true, "Ankle-boot", "Sandal", "Sneaker");
    Path clothes = trained("clothes", true, "Dress", "Trouser");
    Path further = trained("further", false, "Dress", "Trouser");
    exported("trunk", shoes, "--output=features");
    String headOf = "--head-of=" + models.resolve("trunk.onnx");
    exported("shoes", shoes, headOf, "--calibration=" + folder.resolve("data-shoes"));
    exported("clothes", clothes, headOf, "--calibration=" + folder.resolve("data-clothes"));
    exported("whole-shoes", shoes);
    exported("whole-clothes", clothes);
    assertThat(export("further", further, headOf)).isEqualTo(2);
    assertThat(log.toString())
        .containsPattern(
            "\\[trunk.onnx] it is not the trunk of \\[model.pt]: they differ in \\S+ by up to");
    Programs programs = new Programs(HeadsRoadTest::launcher, new PrintWriter(log, true));
    try (Programs.Server server =
        programs.serve("run", "--model=" + models, "--port=0", "--threads=1")) {
      for (Path image : images("shoes", "clothes")) {
        JsonNode both = ask(server, "trunk", image);
        for (JsonNode head : both.get("heads")) {
          String name = head.at("/model/name").asText();
          JsonNode classes = head.at("/predictions/0/classes");
          assertThat(classes).isEqualTo(ask(server, name, image).at("/predictions/0/classes"));
          JsonNode whole = ask(server, "whole-" + name, image).at("/predictions/0/classes");
          assertSame(classes, whole);
        }
        assertThat(both.get("heads")).hasSize(2);
      }
    }
  }

  /** Its runtime may join the last layer to what is before it, and round elsewhere. */
  private static void assertSame(JsonNode classes, JsonNode whole) {
    assertThat(classes).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(classes.get(i).get("label")).isEqualTo(whole.get(i).get("label"));
      assertThat(classes.get(i).get("probability").asDouble())
          .isCloseTo(whole.get(i).get("probability").asDouble(), within(1e-5));
    }
  }

  /**
   * @param frozen whether only the last layer is trained
   */
  private Path trained(String name, boolean frozen, String... classes) throws IOException {
    Path data = folder.resolve("data-" + name);
    for (String each : classes) {
      Path to = Files.createDirectories(data.resolve(each));
      try (Stream<Path> files = Files.list(DATA.resolve("train").resolve(each))) {
        for (Path file : files.sorted().limit(IMAGES).toList()) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
    }
    Path run = folder.resolve("run-" + name);
    int status =
        TrainerMain.run(
            "run",
            "--data=" + data,
            "--arch=resnet20_cifar",
            "--weights=" + DATA.resolve("resnet20_cifar-fashion-even.safetensors"),
            "--freeze-epochs=" + (frozen ? 1 : 0),
            "--epochs=" + (frozen ? 0 : 1),
            "--batch-size=12",
            "--lr=0.05",
            "--threads=1",
            "--out=" + run);
    assertThat(status).as(name).isZero();
    return run;
  }

  private void exported(String name, Path run, String... more) {
    assertThat(export(name, run, more)).as(log.toString()).isZero();
  }

  private int export(String name, Path run, String... more) {
    List<String> all =
        new ArrayList<>(List.of("onnx", run.toString(), "--out=" + models.resolve(name + ".onnx")));
    all.addAll(List.of(more));
    PrintWriter to = new PrintWriter(log, true);
    return ExporterMain.run(to, to, all.toArray(String[]::new));
  }

  private List<Path> images(String... names) throws IOException {
    List<Path> all = new ArrayList<>();
    for (String name : names) {
      try (Stream<Path> files = Files.walk(folder.resolve("data-" + name))) {
        files.filter(f -> f.toString().endsWith("3.png")).sorted().forEach(all::add);
      }
    }
    assertThat(all).isNotEmpty();
    return all;
  }

  private static JsonNode ask(Programs.Server server, String model, Path image)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.base().resolve("/predict/" + model))
            .header("Content-Type", "image/png")
            .POST(HttpRequest.BodyPublishers.ofFile(image))
            .build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static List<String> launcher(String program) {
    assertThat(program).isEqualTo("serve");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        ServeMain.class.getName());
  }
}
