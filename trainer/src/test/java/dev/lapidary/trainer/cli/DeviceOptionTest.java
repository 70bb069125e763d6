package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.trainer.run.TinyImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device is chosen, and refused, in words, and before an image is decoded. */
class DeviceOptionTest {
  /** More than any machine has. */
  private static final String NOWHERE = "cuda:999";

  private static final List<String> CLASSES = List.of("blue", "green", "red");

  @TempDir private Path folder;

  private final StringWriter err = new StringWriter();
  private Path data;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 4, 1);
    model = folder.resolve("model.pt");
    Path labels = Files.write(folder.resolve("labels.txt"), CLASSES);
    String init = "init --arch=resnet20_cifar --labels=" + labels + " --out=" + model;
    assertThat(TrainerMain.run(init.split(" "))).isZero();
  }

  private int run(String command) {
    err.getBuffer().setLength(0);
    return CommandTree.run(
        new TrainerMain(),
        new PrintWriter(new StringWriter()),
        new PrintWriter(err, true),
        command
            .replace("DATA", data.toString())
            .replace("MODEL", model.toString())
            .replace("OUT", folder.resolve("out").toString())
            .split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run --data DATA --val DATA --model MODEL --epochs 1 --out OUT",
        "evaluate MODEL --data DATA",
        "features MODEL --data DATA --out OUT.npz",
        "predict MODEL DATA",
      })
  void oneThatIsNotHereIsRefusedBeforeAnImageIsDecoded(String command) throws IOException {
    Files.writeString(data.resolve("red/000.png"), "no image");
    assertThat(run(command + " --device " + NOWHERE)).isEqualTo(2);
    assertThat(err.toString())
        .containsPattern("error: .*--device cuda:999: libtorch sees .* here")
        .contains("; use --device cpu, or see docs/gpu.md")
        .doesNotContain("000.png");
    assertThat(run(command + " --device mps")).isEqualTo(2);
    assertThat(err.toString())
        .containsPattern(
            "expected auto, cpu or cuda:N|device must be auto, cpu, cuda:N or cuda:N,M");
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(folder.resolve("out.npz")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evaluate MODEL --data DATA",
        "features MODEL --data DATA --out OUT.npz --force",
        "predict MODEL DATA",
      })
  void theOneThatIsTakenIsSaid(String command) {
    assertThat(run(command + " --device cpu --threads 2")).as(err.toString()).isZero();
    assertThat(err.toString()).containsPattern("device: cpu \\(2 threads, \\w.*\\)");
    assertThat(run(command + " --threads 1")).as(err.toString()).isZero();
    assertThat(err.toString()).containsPattern("device: (cpu \\(1 thread, \\w.*\\)|cuda:0)");
  }

  /** It was the CPU's, whatever was asked for. */
  @Test
  void anOnnxFileRunsOnTheDeviceThatIsNamedOrNotAtAll() throws IOException {
    model = TinyModels.write(folder);
    assertThat(run("predict MODEL DATA --device " + NOWHERE)).isEqualTo(4);
    assertThat(err.toString()).contains("cuda:999 cannot be used: ");
    assertThat(run("predict MODEL DATA --device gpu")).isEqualTo(2);
    assertThat(err.toString()).contains("--device gpu: expected auto, cpu or cuda:N");
    assertThat(run("predict MODEL DATA --device cpu")).as(err.toString()).isZero();
  }
}
