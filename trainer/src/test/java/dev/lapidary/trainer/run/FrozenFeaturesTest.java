package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.FaultyDisk.Fault;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Features that are kept give the same bytes as features that are computed anew each epoch: 24
 * training images in batches of 7, 6 validation images in batches of 32, two variants over three
 * epochs.
 */
class FrozenFeaturesTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private Path data;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 10, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet20_cifar, zoo, head, fc",
    "resnet20_cifar, zoo, 'layer3.2, head', layer3.2",
    "mobilenet_v3_small, scripted, 'features.12, classifier', features.12",
    "regnet_y, traced, head, fc",
  })
  void keptOrComputedTheyGiveTheSameBytes(
      String network, String kind, String trained, String before) throws IOException {
    RunConfig kept = config(network, kind, trained);
    Path whole = folder.resolve("kept");
    Runs.start(whole, kept, progress, NEVER);
    assertThat(said.toString())
        .contains("stage part: what is frozen before " + before + " is computed once")
        .containsOnlyOnce("features of 24 images (variant-000), ")
        .containsOnlyOnce("features of 24 images (variant-001), ")
        .containsOnlyOnce("features of 6 images (validation), ")
        .contains("stage all: no features are kept: ");
    assertThat(whole.resolve("features")).doesNotExist();
    Path computed = folder.resolve("computed");
    Runs.start(computed, RunYaml.with(kept, "data.cache-features=false"), progress, NEVER);
    assertSameBytes(computed, whole);
    Path stopped = folder.resolve("stopped");
    AtomicInteger asked = new AtomicInteger();
    BooleanSupplier often = () -> asked.incrementAndGet() % 10 == 0;
    RunOutcome outcome = Runs.start(stopped, kept, progress, often);
    while (outcome == RunOutcome.INTERRUPTED) {
      outcome = Runs.resume(stopped, List.of(), List.of(), progress, often);
    }
    assertSameBytes(stopped, whole);
  }

  @Test
  void aDamagedOrStaleFileIsComputedAgain() throws IOException {
    RunConfig kept = config("resnet20_cifar", "zoo", "head");
    Path whole = folder.resolve("whole");
    Runs.start(whole, kept, progress, NEVER);
    for (Fixture fixture : Fixture.values()) {
      Path run = folder.resolve(fixture.name());
      AtomicInteger asked = new AtomicInteger();
      Runs.start(run, kept, progress, () -> asked.incrementAndGet() > 9);
      Path file = run.resolve("features/stage-0-variant-000.features");
      fixture.apply(file);
      Runs.resume(run, List.of(), List.of(), progress, NEVER);
      assertThat(said.toString())
          .contains(file.getFileName() + ": " + fixture.message + "; it is computed again");
      assertSameBytes(run, whole);
    }
  }

  private enum Fixture {
    FLIPPED("damaged: its checksum is wrong"),
    SHORT("damaged: it is cut short"),
    FOREIGN("damaged: it is no file of features"),
    STALE("stale: it was computed from other weights, images or settings");

    private final String message;

    Fixture(String message) {
      this.message = message;
    }

    void apply(Path file) throws IOException {
      byte[] bytes = Files.readAllBytes(file);
      switch (this) {
        case FLIPPED -> bytes[bytes.length / 2] ^= (byte) 1;
        case SHORT -> bytes = Arrays.copyOf(bytes, bytes.length - 1);
        case FOREIGN -> bytes[0] ^= (byte) 1;
        case STALE -> bytes[8] ^= (byte) 1;
      }
      Files.write(file, bytes);
    }
  }

  @Test
  void aKillWhileTheyAreWrittenCostsNothing() throws Exception {
    Path many = TinyImages.write(folder.resolve("many"), 60, 2);
    Path whole = folder.resolve("whole");
    TrainerProcess undisturbed = TrainerProcess.start(folder, run(many, whole));
    assertThat(undisturbed.status()).as(undisturbed.output()).isZero();
    Path killed = folder.resolve("killed");
    for (String phase : List.of(".tmp", "stage-0-variant-001.features", "stage-1-variant-000")) {
      List<String> arguments =
          Files.exists(killed.resolve("run.yaml"))
              ? List.of("resume", killed.toString())
              : run(many, killed);
      TrainerProcess training = TrainerProcess.start(folder, arguments);
      while (!anyEndsOrBegins(killed.resolve("features"), phase)) {
        boolean ended = training.process().waitFor(2, TimeUnit.MILLISECONDS);
        assertThat(ended).as(training.output()).isFalse();
      }
      training.process().destroyForcibly().waitFor();
    }
    TrainerProcess last = TrainerProcess.start(folder, List.of("resume", killed.toString()));
    assertThat(last.status()).as(last.output()).isZero();
    assertSameBytes(killed, whole);
    assertThat(killed.resolve("features")).doesNotExist();
  }

  @Test
  void aFullDiskSaysWhatToDo() throws IOException {
    RunConfig kept = config("resnet20_cifar", "zoo", "head");
    FaultyDisk sound = new FaultyDisk(Fault.CRASH, Integer.MAX_VALUE);
    Runs.start(sound.path(folder.resolve("sound")), kept, progress, NEVER);
    List<String> changes = sound.changes();
    int place =
        changes.indexOf(
            changes.stream()
                .filter(c -> c.contains("-validation.features"))
                .findFirst()
                .orElseThrow());
    Path run = folder.resolve("full");
    assertThatThrownBy(
            () ->
                Runs.start(new FaultyDisk(Fault.FULL, place + 1).path(run), kept, progress, NEVER))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageContaining("stage-0-validation.features] the features of 6 images")
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("make room, then go on with 'trainer resume'");
    Runs.resume(run, List.of(), List.of(), progress, NEVER);
    assertSameBytes(run, folder.resolve("sound"));
  }

  @Test
  void mixingImagesOfABatchIsRefused() {
    RunConfig mixing =
        RunYaml.with(config("resnet20_cifar", "zoo", "head"), "stages.0.augment=\"hflip, cutmix\"");
    assertThatThrownBy(() -> Runs.start(folder.resolve("run"), mixing, progress, NEVER))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("stage part: cache-variants keeps features of single images");
  }

  private RunConfig config(String network, String kind, String trained) {
    String model =
        kind.equals("zoo")
            ? "{arch: %s, input-size: 16, freeze-unloaded: true}".formatted(network)
            : "{file: '%s', input-size: 32, freeze-unloaded: true}"
                .formatted(Golden.archive(network, kind).orElseThrow());
    return RunYaml.read(
        """
        seed: 3
        threads: 1
        device: cpu
        data: {train: '%s'}
        model: %s
        stages:
          - {name: part, epochs: 3, batch-size: 7, train-only: [%s], cache-variants: 2}
          - {name: all, epochs: 1, batch-size: 12, lr: 0.001, cache-variants: 2}
        """
            .formatted(data, model, trained),
        "test");
  }

  private static List<String> run(Path data, Path out) {
    return List.of(
        "run",
        "--data=" + data,
        "--out=" + out,
        "--arch=resnet20_cifar",
        "--input-size=16",
        "--freeze-epochs=2",
        "--epochs=2",
        "--freeze=conv1,bn1,layer1,layer2",
        "--batch-size=7",
        "--threads=1",
        "--force",
        "--cache-variants=2");
  }

  private static boolean anyEndsOrBegins(Path folder, String part) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.endsWith(part) || name.startsWith(part)) {
          return true;
        }
      }
    }
    return false;
  }

  private static void assertSameBytes(Path run, Path whole) throws IOException {
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl")) {
      assertThat(run.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    Path expected = new Checkpoints(whole.resolve("checkpoints")).files().get(0);
    Path last = new Checkpoints(run.resolve("checkpoints")).files().get(0);
    assertThat(last.getFileName()).isEqualTo(expected.getFileName());
    assertThat(last).hasSameBinaryContentAs(expected);
  }
}
