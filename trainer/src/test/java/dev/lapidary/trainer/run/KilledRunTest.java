package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real training processes, killed by SIGKILL at random moments (while the JVM starts, before the
 * first checkpoint, in both stages, within a write) and resumed until they finish, give the same
 * bytes as one that was never stopped.
 *
 * <p>25 kills in {@code mvn verify}; 500 by {@code mvn verify -Pproof -pl trainer -am
 * -Dtest=KilledRunTest -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class KilledRunTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"resnet", "efficientnet", "convnext", "regnet_y"})
  void giveTheBytesOfAnUninterruptedRun(String network) throws Exception {
    check(network, network.equals("resnet") ? 7 : 6);
  }

  @Test
  @Tag("proof")
  void fiveHundredKills() throws Exception {
    for (String network : List.of("resnet", "efficientnet", "convnext", "regnet_y")) {
      check(network, 125);
    }
  }

  private void check(String network, int kills) throws Exception {
    Path data = TinyImages.write(folder.resolve(network + "-data"), 14, 1);
    Path whole = folder.resolve(network + "-whole");
    long start = System.nanoTime();
    TrainerProcess undisturbed = TrainerProcess.start(folder, run(network, data, whole));
    assertThat(undisturbed.status()).as(undisturbed.output()).isZero();
    long wholeMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);

    Random random = new Random(network.hashCode());
    int round = 0;
    for (int killed = 0; killed < kills; round++) {
      Path stopped = folder.resolve(network + "-stopped-" + round);
      boolean finished = false;
      while (!finished && killed < kills) {
        TrainerProcess training = TrainerProcess.start(folder, resumeOrRun(network, data, stopped));
        if (training.process().waitFor(random.nextLong(wholeMillis), TimeUnit.MILLISECONDS)) {
          assertThat(training.status()).as(training.output()).isZero();
          finished = true;
        } else {
          training.process().destroyForcibly().waitFor();
          killed++;
        }
      }
      if (!finished) {
        TrainerProcess last = TrainerProcess.start(folder, resumeOrRun(network, data, stopped));
        assertThat(last.status()).as(last.output()).isZero();
      }
      assertSameBytes(whole, stopped);
    }
  }

  private static void assertSameBytes(Path whole, Path stopped) throws IOException {
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl")) {
      assertThat(Files.mismatch(stopped.resolve(file), whole.resolve(file))).as(file).isEqualTo(-1);
    }
    Path wholeLast = new Checkpoints(whole.resolve("checkpoints")).files().get(0);
    Path stoppedLast = new Checkpoints(stopped.resolve("checkpoints")).files().get(0);
    assertThat(stoppedLast.getFileName()).isEqualTo(wholeLast.getFileName());
    assertThat(Files.mismatch(stoppedLast, wholeLast)).as("" + stoppedLast).isEqualTo(-1);
  }

  private static List<String> resumeOrRun(String network, Path data, Path out) {
    return Files.exists(out.resolve("run.yaml"))
        ? List.of("resume", out.toString())
        : run(network, data, out);
  }

  /**
   * Stage after stage is unfrozen; mixup, accumulation and clipping are on, for the ResNet a moving
   * average, for the ConvNeXt a schedule that waits for plateaus.
   */
  private static List<String> run(String network, Path data, Path out) {
    List<String> arguments = new ArrayList<>(List.of("run", "--data=" + data, "--out=" + out));
    if (network.equals("resnet")) {
      arguments.addAll(List.of("--arch=resnet20_cifar", "--input-size=16", "--ema=0.9"));
      arguments.addAll(List.of("--gradual-unfreeze=1", "--force", "--epochs=1"));
    } else {
      Path archive = Golden.archive(network, "scripted").orElseThrow();
      arguments.addAll(List.of("--model=" + archive, "--input-size=32", "--optimizer=adamw"));
      arguments.addAll(List.of("--lr=0.001", "--freeze-epochs=1", "--force", "--epochs=3"));
    }
    if (network.equals("convnext")) {
      arguments.addAll(List.of("--schedule=plateau", "--set=stages.1.schedule.shape.patience=0"));
    }
    arguments.addAll(List.of("--batch-size=5", "--threads=1"));
    arguments.addAll(List.of("--accumulate=2", "--clip-norm=1", "--checkpoint-every=2"));
    arguments.addAll(List.of("--augment=rrc, hflip, mixup", "--label-smoothing=0.1"));
    return arguments;
  }
}
