package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
