package dev.lapidary.trainer.run.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.LinearNetwork;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.TrainerProcess;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A network whose forward holds 96 MB an image while it is trained, in real probing processes. */
@EnabledOnOs(OS.LINUX)
class BatchSizeTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final String ALWAYS = "torch.gt(torch.size(x, 0), 0)";
  private static final int BUDGET_MEGABYTES = 1100;
  private static final int MEGABYTES_AN_IMAGE = 96;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    config = config(MEGABYTES_AN_IMAGE, "auto");
  }

  @Test
  void takesTheLargestThatFitsWritesItDownAndLeavesNoTrace() throws Exception {
    Path out = folder.resolve("run");
    Runs.start(out, config, progress, NEVER);
    int size = RunDirectory.readConfig(out).stages().get(0).batchSize();
    assertThat(said.toString())
        .contains("stage all: batch size " + size + " fits in " + BUDGET_MEGABYTES + " MB");
    Path given = folder.resolve("given");
    Path yaml = folder.resolve("given.yaml");
    RunConfig same = RunYaml.with(config, "stages.0.batch-size=" + size);
    Files.writeString(yaml, RunYaml.write(same));
    List<String> arguments = List.of("run", "--config=" + yaml, "--out=" + given);
    TrainerProcess trainer = TrainerProcess.start(folder, arguments);
    long peak = 0;
    while (trainer.process().isAlive()) {
      peak = Math.max(peak, ResidentMemory.peakBytes(trainer.pid()).orElse(0));
      Thread.sleep(1);
    }
    assertThat(trainer.status()).as(trainer.output()).isZero();
    for (String file : List.of("model.pt", "metrics.jsonl")) {
      assertThat(given.resolve(file)).hasSameBinaryContentAs(out.resolve(file));
    }
    // The run keeps to the budget, and two more images would not have fitted: the search ends
    // within an eighth, and what a JVM takes differs by some megabytes from process to process.
    assertThat(peak >> 20).isBetween((long) BUDGET_MEGABYTES / 2, (long) BUDGET_MEGABYTES);
    assertThat(said.toString()).containsPattern("\\((\\d{3,4}) MB measured\\)");
    int measured = Integer.parseInt(said.toString().replaceAll("(?s).*\\((\\d+) MB meas.*", "$1"));
    assertThat(measured).isBetween(BUDGET_MEGABYTES - 2 * MEGABYTES_AN_IMAGE, BUDGET_MEGABYTES);
  }

  @Test
  void notEvenOneImageIsExit2() {
    RunConfig little = RunYaml.with(config, "memory-megabytes=100");
    assertThatThrownBy(() -> Runs.start(folder.resolve("run"), little, progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("stage all: not even a batch of one image fits in 100 MB");
  }

  @Test
  void anAllocationThatLibtorchRefusesDoesNotFit() throws IOException {
    RunConfig endless = config(1 << 30, "auto");
    assertThatThrownBy(() -> Runs.start(folder.resolve("run"), endless, progress, NEVER))
        .hasMessageContaining("not even a batch of one image fits");
  }

  @Test
  void aStopWhileSizesAreTriedChangesNothing() {
    Path out = folder.resolve("run");
    assertThatThrownBy(() -> Runs.start(out, config, progress, () -> true))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.INTERRUPTED));
    assertThat(out).doesNotExist();
  }

  private RunConfig config(int megabytesAnImage, String batchSize) throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 10, 1);
    Path model = folder.resolve("net-" + megabytesAnImage + ".pt");
    String held =
        "torch.add(y, torch.mean(torch.ones([torch.size(x, 0), %d])))"
            .formatted((long) megabytesAnImage << 18);
    LinearNetwork.write(model, ALWAYS, held);
    return RunYaml.read(
        """
        threads: 1
        device: cpu
        memory-megabytes: %d
        data: {train: "%s"}
        model: {file: "%s", input-size: 8}
        stages:
          - {name: all, epochs: 1, batch-size: %s}
        """
            .formatted(BUDGET_MEGABYTES, data, model, batchSize),
        "test");
  }
}
