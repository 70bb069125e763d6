package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training process that is asked to stop finishes its step, keeps it, and says how to go on. */
class SignalTest {
  private static final long SIGINT = 1 << (2 - 1);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"INT,130", "TERM,143"})
  void endsTheStepAndWritesItsCheckpoint(String signal, int status) throws Exception {
    assumeFalse(
        signal.equals("INT") && interruptsAreIgnored(),
        "a shell's background job ignores SIGINT, and so do its children");
    Path data = TinyImages.write(folder.resolve("data"), 14, 1);
    Path whole = folder.resolve("whole");
    Path run = folder.resolve("run");
    assertThat(TrainerProcess.start(folder, arguments(data, whole, 6)).status()).isZero();

    TrainerProcess training = TrainerProcess.start(folder, arguments(data, run, 6));
    training.awaitOutput("epoch 1/");
    new ProcessBuilder("kill", "-" + signal, "" + training.pid()).start().waitFor();
    assertThat(training.status()).as(training.output()).isEqualTo(status);
    assertThat(training.output())
        .contains("interrupted; the checkpoint is written. To go on: trainer resume " + run);

    TrainerProcess resumed = TrainerProcess.start(folder, List.of("resume", run.toString()));
    assertThat(resumed.status()).as(resumed.output()).isZero();
    assertThat(resumed.output()).contains("going on after step");
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl")) {
      assertThat(run.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    assertThat(Files.readString(run.resolve("metrics.jsonl")).lines()).hasSize(6);
  }

  /**
   * Commands that only measure end with libtorch's call, too: destructors that run beside it crash
   * the process (status 134 or 139).
   */
  @ParameterizedTest
  @ValueSource(strings = {"find-lr", "plan", "evaluate", "features"})
  @EnabledOnOs(OS.LINUX)
  void measuringEndsBetweenTwoCallsOfLibtorch(String command) throws Exception {
    Path data = TinyImages.write(folder.resolve("data"), 60, 1);
    Path out = folder.resolve("out.npz");
    List<String> arguments = new ArrayList<>(List.of(command, "--data=" + data, "--threads=1"));
    switch (command) {
      case "find-lr" -> arguments.addAll(List.of("--arch=resnet18", "--batch-size=8"));
      case "plan" -> arguments.addAll(List.of("--arch=resnet18", "--batch-size=8", "--measure"));
      case "evaluate" -> arguments.add(untrained().toString());
      default -> arguments.addAll(List.of(untrained().toString(), "--out=" + out));
    }
    TrainerProcess measuring = TrainerProcess.start(folder, arguments);
    measuring.awaitThread("libtorch");
    Thread.sleep(1500); // most of what follows then is spent inside libtorch
    new ProcessBuilder("kill", "-TERM", "" + measuring.pid()).start().waitFor();
    assertThat(measuring.status()).as(measuring.output()).isEqualTo(143);
    assertThat(measuring.output()).contains("interrupted; nothing was changed");
    assertThat(out).doesNotExist();
  }

  private Path untrained() throws IOException {
    Path labels = folder.resolve("labels.txt");
    Files.write(labels, List.of("blue", "green", "red"));
    Path model = folder.resolve("model.pt");
    assertThat(TrainerMain.run("init", "--arch=resnet18", "--labels=" + labels, "--out=" + model))
        .isZero();
    return model;
  }

  private static boolean interruptsAreIgnored() throws IOException {
    Path self = Path.of("/proc/self/status");
    if (!Files.exists(self)) {
      return false;
    }
    return Files.readAllLines(self).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGINT) != 0);
  }

  private static List<String> arguments(Path data, Path out, int epochs) {
    return List.of(
        "run",
        "--data=" + data,
        "--out=" + out,
        "--arch=resnet20_cifar",
        "--input-size=16",
        "--epochs=" + epochs,
        "--batch-size=5",
        "--threads=1");
  }
}
