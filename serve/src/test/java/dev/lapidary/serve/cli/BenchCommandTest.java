package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import java.awt.Color;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BenchCommandTest {
  @TempDir Path folder;
  private Path images;
  private String model;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write() throws Exception {
    model = TinyModels.write(folder).toString();
    images = Files.createDirectories(folder.resolve("images/a"));
    Files.write(images.resolve("1.png"), TinyModels.png(Color.RED, 9, 9));
    Files.write(images.resolve("2.png"), TinyModels.png(Color.BLUE, 20, 8));
    Files.writeString(images.resolve("labels.txt"), "no image");
  }

  private int run(String... more) {
    String[] first = {
      "bench", "--seconds", "1", "--rounds", "3", "--threads", "2", "--model", model
    };
    String[] all = new String[first.length + more.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return ServeMain.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  @Test
  void measuresBothWaysAndWritesATableAndJson() throws Exception {
    Path json = folder.resolve("bench.json");
    Path html = folder.resolve("bench.html");
    String[] arguments = {
      "--images",
      folder.resolve("images").toString(),
      "--batch-sizes",
      "4",
      "--concurrency",
      "1,4",
      "--json",
      json.toString(),
      "--html",
      html.toString(),
      "--p99",
      "500"
    };
    assertThat(run(arguments)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("cores, load", "In-process", "Over HTTP", "gain", "The clients share");
    JsonNode report = new JsonMapper().readTree(json.toFile());
    assertThat(report.get("images").asInt()).isEqualTo(2);
    assertThat(report.get("rounds").asInt()).isEqualTo(3);
    List<String> forms = new ArrayList<>();
    for (JsonNode row : report.get("inProcess")) {
      forms.add(
          "%d x %d, %d"
              .formatted(
                  row.get("runs").asInt(), row.get("threads").asInt(), row.get("batch").asInt()));
    }
    assertThat(forms)
        .containsExactly("1 x 2, 1", "1 x 2, 4", "1 x 1, 1", "1 x 1, 4", "2 x 1, 1", "2 x 1, 4");
    assertThat(report.get("highestRates").findValuesAsText("server"))
        .containsExactly("single", "batched", "2 x 1 threads");
    for (JsonNode rate : report.get("highestRates")) {
      assertThat(rate.get("perSecond").asDouble())
          .isLessThan(rate.get("tooManyPerSecond").asDouble());
    }
    assertThat(out.toString()).contains("Highest rate with 99 of 100 answered within 500 ms");
    assertThat(Files.readString(html))
        .startsWith("<!DOCTYPE html>")
        .contains("The network alone: images a second", "2 x 1 threads", "<polyline", "Over HTTP")
        .containsPattern("<text [^>]*text-anchor='end'>0</text>") // heights are compared from 0
        .containsPattern("<title>batched: [0-9.]+ at 4</title></circle>")
        .doesNotContain("http://", "src=", "<script");
    assertThat(report.get("http").findValuesAsText("concurrency")).containsExactly("1", "4");
    for (JsonNode load : report.findValues("load")) {
      assertThat(load.get("imagesPerSecond").asDouble()).isPositive();
    }
    for (String server : new String[] {"single", "batched"}) {
      for (JsonNode load : report.findValues(server)) {
        assertThat(load.get("answered").asLong()).isPositive();
        assertThat(load.get("failed").asLong()).isZero();
        assertThat(load.get("otherArgmax").asLong()).isZero();
        assertThat(load.get("p50Millis").asDouble())
            .isPositive()
            .isLessThanOrEqualTo(load.get("p99Millis").asDouble());
      }
    }
    for (JsonNode load : report.findValues("single")) {
      assertThat(load.get("meanBatch").asDouble()).isEqualTo(1);
    }
    out.getBuffer().setLength(0);
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString())
        .endsWith("error: %s exists; choose another --out or add --force%n".formatted(json));
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void refusesAFolderWithoutImages() throws Exception {
    Path none = Files.createDirectories(folder.resolve("none"));
    Files.writeString(none.resolve("a.txt"), "no image");
    assertThat(run("--images", none.toString())).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            ("[%s] passed over, no images that are read: 1 .txt (a.txt)%n"
                    + "error: %s holds no image that decodes; name a folder with --images%n")
                .formatted(none, none));
    Files.write(none.resolve("b.jpg"), new byte[] {1});
    assertThat(run("--images", none.toString())).isEqualTo(2);
    assertThat(err.toString())
        .endsWith(
            ("error: [%s] 1 bad image: b.jpg: expected JPEG, PNG, WebP, BMP or GIF but found a file"
                    + " that starts with 01; repair or remove them, or add --on-bad-image skip%n")
                .formatted(none));
    assertThat(run("--images", none.toString(), "--p99", "0")).isEqualTo(2);
    assertThat(err.toString()).endsWith("error: --p99 must be in 1..60000 but is 0%n".formatted());
    assertThat(run("--images", none.toString(), "--concurrency", "0")).isEqualTo(2);
    assertThat(err.toString())
        .endsWith("error: --concurrency must be in 1..256 but has 0%n".formatted());
  }

  private int runUrl(String... more) {
    List<String> all =
        new ArrayList<>(List.of("bench", "--seconds", "1", "--rounds", "3", "--json", "-"));
    all.addAll(List.of(more));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return ServeMain.run(
        new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
  }

  @Test
  void comparesServersThatRunByEitherProtocolInBothLoops() throws Exception {
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.serve(ModelLoader.load(Path.of(model), 1));
      String url = server.uri().toString();
      String[] predict = {
        "--url",
        url,
        "--url",
        url + "/predict",
        "--concurrency",
        "1,4",
        "--rate",
        "50",
        "--images",
        images.toString()
      };
      assertThat(runUrl(predict)).as(err.toString()).isZero();
      JsonNode report = new JsonMapper().readTree(out.toString());
      assertThat(report.get("rows").findValuesAsText("loop"))
          .containsExactly("closed", "closed", "open");
      for (JsonNode row : report.get("rows")) {
        assertThat(row.get("servers")).hasSize(2);
        for (JsonNode at : row.get("servers")) {
          JsonNode load = at.get("load");
          assertThat(load.get("answered").asLong()).isPositive();
          assertThat(load.get("refused").asLong() + load.get("failed").asLong()).isZero();
          assertThat(load.get("otherArgmax").asLong()).isZero();
          assertThat(at.at("/perSecond/low").asDouble())
              .isPositive()
              .isLessThanOrEqualTo(at.at("/perSecond/mean").asDouble());
        }
        assertThat(row.at("/servers/0/againstFirst/ratio").asDouble()).isEqualTo(1);
        assertThat(row.at("/servers/0/againstFirst/verdict").asText())
            .isEqualTo("no significant difference");
      }
      String[] infer = {"--url", url, "--protocol", "v2", "--model-name", "tiny", "--rate", "100"};
      assertThat(runUrl(infer)).as(err.toString()).isZero();
      report = new JsonMapper().readTree(out.toString());
      assertThat(report.get("rows").findValuesAsText("loop")).containsExactly("open");
      assertThat(report.at("/rows/0/servers/0/load/otherArgmax").asLong()).isZero();
      Path html = folder.resolve("servers.html");
      String[] form = {
        "--html",
        html.toString(),
        "--p99",
        "500",
        "--url",
        url,
        "--form-field",
        "image",
        "--concurrency",
        "2",
        "--images",
        images.toString()
      };
      assertThat(runUrl(form)).as(err.toString()).isZero();
      report = new JsonMapper().readTree(out.toString());
      assertThat(report.at("/rows/0/servers/0/load/answered").asLong()).isPositive();
      assertThat(report.at("/highestRates/0/server").asText()).isEqualTo(url);
      assertThat(Files.readString(html)).contains("Servers under load", url, "<polyline");
      assertThat(report.at("/rows/0/servers/0/load/otherArgmax").asLong()).isZero();
      assertThat(server.requests().failed()).isZero();
    }
  }

  @Test
  void saysWhatItNeedsToAskAServer() throws Exception {
    String url = "http://127.0.0.1:1";
    assertThat(runUrl("--url", url)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: --protocol predict sends images; name a folder with --images DIR%n"
                .formatted());
    assertThat(runUrl("--url", url, "--protocol", "v2")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: --protocol v2 asks a model by its name; add --model-name NAME%n".formatted());
    assertThat(runUrl("--url", url, "--images", images.toString())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("error: http://127.0.0.1:1 does not answer: ")
        .endsWith("; is the server there?%n".formatted());
    assertThat(runUrl("--url", "ftp://a", "--images", images.toString())).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("error: --url ftp://a is no address, expected http://host:port%n".formatted());
    assertThat(runUrl("--url", url, "--images", images.toString(), "--rate", "0")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("error: --rate must be in 0..100000 but has 0.0%n".formatted());
    assertThat(runUrl("--url", url, "--model", model)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: --model is measured in this process, --url elsewhere; name one%n".formatted());
    assertThat(runUrl("--rate", "5", "--model", model)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            ("error: --rate, --form-field, --model-name, --shape, --header and --tls-… are of"
                    + " servers that run; name one with --url%n")
                .formatted());
    assertThat(runUrl("--images", images.toString())).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("error: no model is named; name an ONNX file with --model FILE%n".formatted());
  }
}
