package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import java.awt.Color;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
    String[] all = new String[7 + more.length];
    String[] first = {"bench", "--seconds", "1", "--rounds", "3", "--model", model};
    System.arraycopy(first, 0, all, 0, 7);
    System.arraycopy(more, 0, all, 7, more.length);
    return ServeMain.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
  }

  @Test
  void measuresBothWaysAndWritesATableAndJson() throws Exception {
    Path json = folder.resolve("bench.json");
    String[] arguments = {
      "--images",
      folder.resolve("images").toString(),
      "--batch-sizes",
      "4",
      "--concurrency",
      "1,4",
      "--json",
      json.toString()
    };
    assertThat(run(arguments)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("cores, load", "In-process", "Over HTTP", "gain", "The clients share");
    JsonNode report = new JsonMapper().readTree(json.toFile());
    assertThat(report.get("images").asInt()).isEqualTo(2);
    assertThat(report.get("rounds").asInt()).isEqualTo(3);
    assertThat(report.get("inProcess").findValuesAsText("batch")).containsExactly("1", "4");
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
    assertThat(run("--images", none.toString(), "--concurrency", "0")).isEqualTo(2);
    assertThat(err.toString())
        .endsWith("error: --concurrency must be in 1..256 but has 0%n".formatted());
  }
}
