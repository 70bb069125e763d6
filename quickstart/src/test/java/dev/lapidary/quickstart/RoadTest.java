package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole road on real images, through the programs' main methods and real HTTP. */
class RoadTest {
  private static final Path DATA = Path.of("data");
  private static final Map<String, Class<?>> MAINS =
      Map.of(
          "trainer", TrainerMain.class,
          "exporter", ExporterMain.class,
          "serve", ServeMain.class);

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final StringWriter log = new StringWriter();
  private final Programs programs = new Programs(RoadTest::launcher, new PrintWriter(log, true));

  @Test
  void trainsExportsServesAndAgrees() throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    String table =
        new Quickstart(programs, new PrintWriter(log, true))
            .run(
                new Quickstart.Job(
                    DATA.resolve("train"),
                    DATA.resolve("val"),
                    "resnet20_cifar",
                    DATA.resolve("resnet20_cifar-fashion-even.safetensors"),
                    2,
                    8,
                    0.05,
                    out));
    assertThat(table)
        .contains("On 1000 validation images:")
        .containsPattern("libtorch +[89]\\d\\.\\d%")
        .containsPattern("ONNX fp32 +[89]\\d\\.\\d%")
        .containsPattern("ONNX int8 +[89]\\d\\.\\d%")
        .containsPattern("HTTP \\(serving int8\\) +[89]\\d\\.\\d%");
    assertThat(out.resolve("run/model.pt")).isRegularFile();
    assertThat(Files.size(out.resolve("model-int8.onnx")))
        .isLessThan(Files.size(out.resolve("model-fp32.onnx")) / 2);
    assertThat(log.toString())
        .contains("$ bin/trainer run --data=")
        .contains("$ bin/exporter onnx ")
        .contains("$ bin/serve run --model=");
  }

  /** Every image has any of three colours, also none: from a list of 0 and 1 to served scores. */
  @Test
  void imagesOfSeveralLabelsGoTheSameRoad() throws IOException, InterruptedException {
    Path list = colours(folder.resolve("colours"), 48);
    Path run = folder.resolve("tags");
    Path onnx = folder.resolve("tags.onnx");
    Path lines = folder.resolve("tags.predictions.jsonl");
    String images = "--data=" + list;
    programs.run(
        "trainer",
        "run",
        images,
        "--loss=bce",
        "--arch=resnet20_cifar",
        "--input-size=16",
        "--batch-size=8",
        "--epochs=8",
        "--lr=0.05",
        "--threads=1",
        "--out=" + run);
    programs.run(
        "exporter",
        "onnx",
        run.toString(),
        "--quantize=int8",
        "--calibration=" + list.getParent(),
        "--out=" + onnx);
    JsonNode libtorch =
        JSON.readTree(programs.run("trainer", "evaluate", run.toString(), images, "--json"));
    JsonNode int8 =
        JSON.readTree(
            programs.run(
                "exporter",
                "verify",
                onnx.toString(),
                "--against=" + run,
                images,
                "--predictions=" + lines,
                "--json"));
    assertThat(programs.run("exporter", "inspect", onnx.toString()))
        .contains("sigmoid: any number of labels an image");
    assertThat(int8.get("golden").asInt()).isPositive();
    // int8 moves ranks and borders a little; what the network has learned stays.
    assertThat(libtorch.get("meanAveragePrecision").asDouble()).isGreaterThan(0.8);
    assertThat(int8.get("meanAveragePrecision").asDouble())
        .isCloseTo(libtorch.get("meanAveragePrecision").asDouble(), within(0.03));
    assertThat(int8.get("labelAgreement").asDouble()).isGreaterThan(0.95);
    try (Programs.Server server = programs.serve("run", "--model=" + onnx, "--port=0")) {
      for (String line : Files.readAllLines(lines)) {
        JsonNode expected = JSON.readTree(line);
        Path image = list.resolveSibling(expected.get("image").asText());
        assertThat(byLabel(ask(server, image))).isEqualTo(byLabel(expected.get("classes")));
      }
    }
  }

  /** Three digits behind the point: serving decodes and batches by itself. */
  private static Map<String, String> byLabel(JsonNode classes) {
    Map<String, String> scores = new TreeMap<>();
    classes.forEach(
        c ->
            scores.put(
                c.get("label").asText(),
                String.format(Locale.ROOT, "%.3f", c.get("probability").asDouble())));
    return scores;
  }

  private static JsonNode ask(Programs.Server server, Path image)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.base().resolve("/predict"))
            .header("Content-Type", "image/png")
            .POST(HttpRequest.BodyPublishers.ofFile(image))
            .build();
    String body =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    return JSON.readTree(body).at("/predictions/0/classes");
  }

  /** Image i has colour c if bit c of i is set, with noise; the list names them. */
  private static Path colours(Path into, int count) throws IOException {
    Files.createDirectories(into);
    Random random = new Random(1);
    StringBuilder list = new StringBuilder("path,blue,green,red\n");
    for (int i = 0; i < count; i++) {
      BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 400; p++) {
        int rgb = random.nextInt(0x1000000) & 0x3f3f3f;
        for (int c = 0; c < 3; c++) {
          rgb |= (i >> c) % 2 == 0 ? 0 : 128 << 8 * c;
        }
        image.setRGB(p % 20, p / 20, rgb);
      }
      ImageIO.write(image, "png", into.resolve(i + ".png").toFile());
      list.append("%d.png,%d,%d,%d\n".formatted(i, i % 2, i / 2 % 2, i / 4 % 2));
    }
    Path file = into.resolve("list.csv");
    Files.writeString(file, list);
    return file;
  }

  @Test
  void aProgramThatFailsEndsTheRoadWithItsExitCode() {
    assertThatThrownBy(() -> programs.run("exporter", "onnx", "no-such.pt", "--out=x.onnx"))
        .hasMessage("exporter onnx ended with exit code 2; its message is above");
    assertThat(Path.of("x.onnx")).doesNotExist();
  }

  private static List<String> launcher(String program) {
    Class<?> main = MAINS.get(program);
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-Dai.djl.offline=true",
        "-DOPT_OUT_TRACKING=true",
        "-cp",
        System.getProperty("java.class.path"),
        main.getName());
  }
}
