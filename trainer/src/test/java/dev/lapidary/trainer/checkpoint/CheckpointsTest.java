package dev.lapidary.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.plan.PlateauState;
import dev.lapidary.trainer.program.LossScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir private Path folder;

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder);
    checkpoints.write(saved(3));
    Checkpoints.Saved read = checkpoints.newest(w -> {}).orElseThrow();
    assertThat(read.state()).isEqualTo(saved(3).state());
    assertThat(read.model().get("fc.weight").toFloats()).containsExactly(3, 4);
    assertThat(read.optimizer().get("fc.weight.step").toLongs()).containsExactly(3);
    assertThat(read.average().get("fc.weight").toFloats()).containsExactly(3, 2);
  }

  @Test
  void isASafetensorsFileForEveryReader() throws IOException {
    new Checkpoints(folder).write(saved(3));
    Path file = new Checkpoints(folder).files().get(0);
    assertThat(Safetensors.read(file).tensors())
        .containsOnlyKeys(
            "model.fc.weight", "optimizer.fc.weight.step", "average.fc.weight", "sha256");
    assertThat(Safetensors.read(file).metadata()).containsOnlyKeys("state");
  }

  @Test
  void everyTruncationAndEveryFlippedByteIsDetected() throws IOException {
    new Checkpoints(folder).write(saved(3));
    Path file = new Checkpoints(folder).files().get(0);
    byte[] whole = Files.readAllBytes(file);
    assertThat(Checkpoints.fault(file)).isEmpty();
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(Checkpoints.fault(file)).as("cut to %d", length).isPresent();
    }
    for (int at = 0; at < whole.length; at++) {
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      Files.write(file, flipped);
      assertThat(Checkpoints.fault(file)).as("flipped at %d", at).isPresent();
    }
  }

  @Test
  void aDamagedNewestFallsBackToTheOneBefore() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder);
    checkpoints.write(saved(3));
    checkpoints.write(saved(4));
    Path newest = checkpoints.files().get(0);
    Files.write(newest, Arrays.copyOf(Files.readAllBytes(newest), 100));
    List<String> warnings = new ArrayList<>();
    Checkpoints.Saved read = checkpoints.newest(warnings::add).orElseThrow();
    assertThat(read.state().position().step()).isEqualTo(3);
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("step-000000004.safetensors is damaged")
        .contains("going on from the one before");
  }

  @Test
  void twoGenerationsAreKeptAndTheBestWithThem() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder);
    String best = Checkpoints.bestName(1);
    checkpoints.writeBest(best, Map.of("fc.weight", Tensor.of(new float[] {9}, 1)));
    for (int step = 1; step <= 4; step++) {
      checkpoints.write(saved(step, best));
    }
    assertThat(checkpoints.files()).hasSize(2);
    assertThat(checkpoints.readBest(best).get("fc.weight").toFloats()).containsExactly(9);
    assertThat(checkpoints.readBest(best)).containsOnlyKeys("fc.weight");
  }

  @Test
  void leftoversOfAKilledWriteAreDropped() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder);
    checkpoints.write(saved(3));
    Files.write(folder.resolve(".step-000000004.safetensors.123.tmp"), new byte[10]);
    checkpoints.dropTemporaryFiles();
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aDamagedBestIsNamedWithARemedy() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder);
    String best = Checkpoints.bestName(1);
    checkpoints.writeBest(best, Map.of("fc.weight", Tensor.of(new float[] {9}, 1)));
    Files.write(folder.resolve(best), new byte[50]);
    assertThatThrownBy(() -> checkpoints.readBest(best))
        .hasMessageContaining("the best weights are damaged")
        .hasMessageContaining("--set checkpoints.deliver=last");
  }

  private static Checkpoints.Saved saved(long step) {
    return saved(step, "best-000000001.safetensors");
  }

  private static Checkpoints.Saved saved(long step, String best) {
    TrainingState state =
        new TrainingState(
            new Identity("id", "{}", "data", "weights", "libtorch 2.7.1", "x86_64", 1),
            new Position(0, 1, 2, step),
            new Sums(0.1, 32, 30),
            List.of(new Best(1, 1, 0.5, 0.7, best)),
            new Adapted(new PlateauState(0.1, Optional.of(0.5), 2, 1), new LossScale(1024, 7), 4),
            123,
            false);
    return new Checkpoints.Saved(
        state,
        Map.of("fc.weight", Tensor.of(new float[] {step, step + 1}, 2)),
        Map.of("fc.weight.step", Tensor.of(new long[] {step}, 1)),
        Map.of("fc.weight", Tensor.of(new float[] {step, step - 1}, 2)));
  }
}
