package dev.lapidary.trainer.run.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunIdentity;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.inputs.RunCheck;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Processes of their own, each on a CPU, in the GPUs' place. */
class WorkersOnDevicesTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final List<TorchDevice> TWO = List.of(TorchDevice.CPU, TorchDevice.CPU);

  @TempDir private Path folder;
  private final Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
  private Path data;
  private RunConfig config;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 10, 1);
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, head: {dropout: 0.5}}
            rounds: {world-size: 3}
            stages:
              - {name: all, epochs: 2, batch-size: 4, lr: 0.02, augment: "hflip,mixup"}
            """
                .formatted(data),
            "test");
  }

  @Test
  void theRoundsAreThoseOfOneProcessToTheBit() {
    Libtorch.call(
        1,
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, NEVER);
          Round round = round(inputs);
          try (WorkerGroup here = WorkersHere.open(inputs, folder, progress);
              WorkerGroup there = WorkersOnDevices.open(inputs, TWO, folder)) {
            for (int i = 0; i < 2; i++) { // a process keeps nothing
              Meeting expected = here.round(round);
              Meeting found = there.round(round);
              assertThat(found.sums()).isEqualTo(expected.sums());
              assertThat(found.tensors().keySet()).isEqualTo(expected.tensors().keySet());
              expected
                  .tensors()
                  .forEach(
                      (name, tensor) ->
                          assertThat(found.tensors().get(name)).as(name).isEqualTo(tensor));
              assertThat(found.counts()).usingRecursiveComparison().isEqualTo(expected.counts());
            }
          }
          return 0;
        });
  }

  @Test
  void imagesThatChangeMeanwhileAreRefused() {
    Libtorch.call(
        1,
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, NEVER);
          Round round = round(inputs);
          List<Path> images;
          try (var files = Files.walk(data)) {
            images = files.filter(Files::isRegularFile).sorted().toList();
          }
          Files.copy(
              images.get(0), images.get(images.size() - 1), StandardCopyOption.REPLACE_EXISTING);
          try (WorkerGroup there =
              WorkersOnDevices.open(inputs, List.of(TorchDevice.CPU), folder)) {
            assertThatThrownBy(() -> there.round(round))
                .isInstanceOfSatisfying(
                    Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
                .hasMessageStartingWith(
                    "cpu: its process does not find what the run's first one did: ")
                .hasMessageEndingWith("; let images and weights alone while a run reads them");
          }
          return 0;
        });
  }

  @Test
  void aProcessThatIsKilledEndsTheRunInWords() {
    Libtorch.call(
        1,
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, NEVER);
          Round round = round(inputs);
          try (WorkerGroup there =
              WorkersOnDevices.open(inputs, List.of(TorchDevice.CPU), folder)) {
            ProcessHandle.current()
                .children()
                .forEach(
                    child -> {
                      child.destroyForcibly();
                      child.onExit().join();
                    });
            assertThatThrownBy(() -> there.round(round))
                .isInstanceOfSatisfying(
                    Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
                .hasMessage(
                    "cpu: its process ended (status 137); trainer resume goes on from the last"
                        + " checkpoint");
          }
          return 0;
        });
  }

  private static Round round(RunInputs inputs) {
    try (TrainingProgram program = inputs.openProgram()) {
      return new Round(
          Position.START,
          false,
          List.of(1.0),
          inputs.adapted().lossScale(),
          new LinkedHashMap<>(FlatBytes.of(program.tensors())),
          new LinkedHashMap<>());
    }
  }

  @Test
  void gpusThatAreNotThereAreRefusedBeforeAnythingIsWritten() {
    Path out = folder.resolve("run");
    RunConfig several = RunYaml.with(config, "device=cuda:98,99");
    assertThatThrownBy(() -> Runs.start(out, several, progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("--device cuda:")
        .hasMessageContaining("libtorch sees ");
    assertThat(out).doesNotExist();
  }

  @Test
  void eachDeviceIsAWorkerUnlessThereAreMore() {
    RunConfig alone = RunYaml.with(config, "rounds.world-size=1");
    RunConfig several = RunYaml.with(alone, "device=cuda:0,1");
    assertThat(RunInputs.resolve(alone).rounds().worldSize()).isEqualTo(1);
    assertThat(RunInputs.resolve(several).rounds().worldSize()).isEqualTo(2);
    assertThat(RunInputs.resolve(RunYaml.with(config, "device=cuda:0,1")).rounds().worldSize())
        .isEqualTo(3);
    assertThatThrownBy(() -> RunCheck.requireWorkOfAll(several))
        .hasMessage(
            "--device cuda:0,1: 2 devices, and the run has 1 worker; name fewer devices, or start a"
                + " run with --world-size 2");
    assertThatThrownBy(() -> RunYaml.with(config, "device=cuda:0,cpu"))
        .hasMessageContaining("device must be auto, cpu, cuda:N or cuda:N,M but is cuda:0,cpu");
  }

  /** Of two runs with the same workers the devices make no other run. */
  @Test
  void theRunIsTheSameWhoeverComputesIt() {
    assertThat(RunIdentity.of(RunYaml.with(config, "device=cuda:0,1,2")))
        .isEqualTo(RunIdentity.of(RunYaml.with(config, "device=cuda:0")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"1||1", "1|4,6|6", "0|GPU-8932f937|GPU-8932f937", "2|4,6|2", "1|' '|1"})
  void aProcessSeesItsOwnDeviceAlone(int index, String before, String visible) {
    assertThat(WorkersOnDevices.visible(index, Optional.ofNullable(before))).isEqualTo(visible);
  }
}
