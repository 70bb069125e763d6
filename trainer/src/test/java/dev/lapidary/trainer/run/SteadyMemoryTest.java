package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.ResidentMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real training process over 2,000 steps, 21 stages and more than 300 evaluations: its resident
 * memory at the end is at most 5 % above that after step 300. The heap has a fixed, touched size,
 * so that what moves is libtorch's.
 *
 * <p>{@code mvn verify -Pproof -pl trainer -am -Dtest=SteadyMemoryTest
 * -Dsurefire.failIfNoSpecifiedTests=false}
 */
@Tag("proof")
class SteadyMemoryTest {
  private static final int STEPS_AN_EPOCH = 6;

  @TempDir private Path folder;

  @Test
  void isAsMuchAfter2000StepsAsAfter300() throws Exception {
    Path data = TinyImages.write(folder.resolve("data"), 10, 1);
    Path yaml = folder.resolve("plan.yaml");
    StringBuilder stages = new StringBuilder();
    for (int i = 0; i < 21; i++) {
      String only = i % 2 == 0 ? "[]" : "[head]";
      stages.append(
          "  - {name: s%d, epochs: 16, batch-size: 4, train-only: %s}\n".formatted(i, only));
    }
    Files.writeString(
        yaml,
        """
        threads: 1
        data: {train: "%s"}
        model: {arch: resnet20_cifar, input-size: 16}
        ema: {decay: 0.99}
        stages:
        %s"""
            .formatted(data, stages));
    Path out = folder.resolve("run");
    List<String> arguments = List.of("run", "--config=" + yaml, "--out=" + out);
    TrainerProcess trainer =
        TrainerProcess.start(folder, arguments, List.of("-Xms512m", "-XX:+AlwaysPreTouch"));
    Path metrics = out.resolve("metrics.jsonl");
    long early = residentAfter(trainer, metrics, 300 / STEPS_AN_EPOCH);
    long late = residentAfter(trainer, metrics, 2000 / STEPS_AN_EPOCH);
    assertThat(trainer.status()).as(trainer.output()).isZero();
    System.out.printf("resident after step 300: %d kB, after step 2,000: %d kB%n", early, late);
    assertThat((double) late).isLessThanOrEqualTo(1.05 * (double) early);
  }

  private static long residentAfter(TrainerProcess trainer, Path metrics, int epochs)
      throws Exception {
    List<String> lines = new ArrayList<>();
    while (lines.size() < epochs) {
      Thread.sleep(5);
      assertThat(trainer.process().isAlive()).as(trainer.output()).isTrue();
      lines = Files.exists(metrics) ? Files.readAllLines(metrics) : List.of();
    }
    return ResidentMemory.bytes(trainer.pid()).orElseThrow() >> 10;
  }
}
