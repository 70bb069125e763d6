package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.FaultyDisk.Fault;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever change of the disk fails, and however, the run can be gone on with, to the same bytes.
 * Every write is cut short as well.
 *
 * <p>Some faults in {@code mvn verify}; every change with every fault by {@code mvn verify -Pproof
 * -pl trainer -am -Dtest=DiskFaultTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class DiskFaultTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final int NOWHERE = Integer.MAX_VALUE;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private RunConfig config;
  private Path whole;

  @BeforeEach
  void trainUndisturbed() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 5, 1);
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 8, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 8, train-only: [head]}
              - {name: all, epochs: 2, batch-size: 4, train-only: [layer3.2, head], lr: 0.02}
            checkpoints: {every-steps: 2}
            """
                .formatted(data),
            "test");
    whole = folder.resolve("whole");
    Runs.start(whole, config, progress, NEVER);
  }

  @Test
  void noFaultIsTheSameRun() throws IOException {
    Path run = folder.resolve("run");
    FaultyDisk disk = new FaultyDisk(Fault.CRASH, NOWHERE);
    Runs.start(disk.path(run), config, progress, NEVER);
    assertSameBytes(run);
    assertThat(disk.changes()).contains("move run.yaml", "sync metrics.jsonl", "move model.pt");
  }

  @Test
  void someFaultsCostNothing() throws IOException {
    List<Integer> places = places();
    Random random = new Random(7);
    for (Fault fault : Fault.values()) {
      for (int i = 0; i < 6; i++) {
        check(fault, places.get(random.nextInt(places.size())));
      }
    }
  }

  /** Places that a random choice seldom finds: the folder and its lock exist, run.yaml does not. */
  @Test
  void aStartThatFindsNoRoomLetsGoOfTheLock() throws IOException {
    for (int at = 0; at < changes().indexOf("move run.yaml"); at++) {
      check(Fault.FULL, at);
    }
  }

  @Test
  @Tag("proof")
  void noFaultCostsAnything() throws IOException {
    List<Integer> places = places();
    for (Fault fault : Fault.values()) {
      for (int place : places) {
        check(fault, place);
      }
    }
    System.out.printf("%d faults, each at %d places%n", Fault.values().length, places.size());
  }

  @Test
  void aFullDiskNamesTheCheckpointThatIsSound() throws IOException {
    List<String> changes = changes();
    int second = changes.lastIndexOf("create " + lastOf(changes, "step-000000004"));
    Path run = folder.resolve("full");
    assertThatThrownBy(
            () ->
                Runs.start(
                    new FaultyDisk(Fault.FULL, second + 1).path(run), config, progress, NEVER))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("make room, then go on with 'trainer resume'");
    assertThat(new Checkpoints(run.resolve("checkpoints")).newest(w -> {})).isPresent();
  }

  /** One fault, then a sound disk. */
  private void check(Fault fault, int at) throws IOException {
    Path run = folder.resolve(fault + "-" + at);
    FaultyDisk disk = new FaultyDisk(fault, at);
    String end = "finished";
    try {
      Runs.start(disk.path(run), config, progress, NEVER);
    } catch (RuntimeException e) {
      end = e.toString();
    }
    String place = fault + " at " + at + " of " + disk.changes() + ", which ended: " + end;
    try {
      if (Files.exists(run.resolve("run.yaml"))) {
        Runs.resume(run, List.of(), List.of(), progress, NEVER);
      } else {
        Runs.start(run, config, progress, NEVER);
      }
    } catch (IOException | RuntimeException e) {
      throw new AssertionError("cannot go on after " + place, e);
    }
    assertSameBytes(run);
  }

  /** Of each stretch of equal changes, such as the writes of one file, the ends and the middle. */
  private List<Integer> places() throws IOException {
    List<String> changes = changes();
    List<Integer> places = new ArrayList<>();
    for (int start = 0; start < changes.size(); ) {
      int end = start;
      while (end + 1 < changes.size() && changes.get(end + 1).equals(changes.get(start))) {
        end++;
      }
      for (int place : new int[] {start, (start + end) / 2, end}) {
        if (places.isEmpty() || places.get(places.size() - 1) < place) {
          places.add(place);
        }
      }
      start = end + 1;
    }
    return places;
  }

  private List<String> changes() throws IOException {
    FaultyDisk disk = new FaultyDisk(Fault.CRASH, NOWHERE);
    Path run = folder.resolve("recorded");
    if (!Files.exists(run)) {
      Runs.start(disk.path(run), config, progress, NEVER);
    }
    return disk.changes();
  }

  private static String lastOf(List<String> changes, String part) {
    return changes.stream()
        .filter(c -> c.startsWith("create ") && c.contains(part))
        .reduce((a, b) -> b)
        .orElseThrow()
        .substring("create ".length());
  }

  private void assertSameBytes(Path run) throws IOException {
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl")) {
      assertThat(Files.mismatch(run.resolve(file), whole.resolve(file))).as(file).isEqualTo(-1);
    }
    Path wholeLast = new Checkpoints(whole.resolve("checkpoints")).files().get(0);
    Path last = new Checkpoints(run.resolve("checkpoints")).files().get(0);
    assertThat(last.getFileName()).isEqualTo(wholeLast.getFileName());
    assertThat(Files.mismatch(last, wholeLast)).as("" + last).isEqualTo(-1);
  }
}
