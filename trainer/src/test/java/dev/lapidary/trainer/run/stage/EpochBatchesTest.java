package dev.lapidary.trainer.run.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.PicturedFolder;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpochBatchesTest {
  @TempDir private Path folder;
  private Dataset data;

  /** 2, 8 and 8 images. */
  @BeforeEach
  void write() {
    PicturedFolder.fill(folder, "a", 2);
    PicturedFolder.fill(folder, "b", 8);
    PicturedFolder.fill(folder, "c", 8);
    data = DataFormat.FOLDER.read(folder, PicturedFolder.READING);
  }

  @Test
  void balancedEpochsHoldEachClassEquallyOften() {
    EpochBatches epoch = EpochBatches.of(data, EpochOrder.BALANCED, 1, 0, stage(5, 2), Shard.WHOLE);
    assertThat(classes(epoch)).containsExactly(6, 6, 6);
    assertThat(epoch.batches()).isEqualTo(4);
    assertThat(epoch.steps()).isEqualTo(2);
    assertThat(epoch.imagesOfStep(0)).isEqualTo(10);
    assertThat(epoch.imagesOfStep(2)).isEqualTo(8);
  }

  @Test
  void shuffledEpochsHoldEachImageOnce() {
    EpochBatches epoch = EpochBatches.of(data, EpochOrder.SHUFFLED, 1, 0, stage(5, 1), Shard.WHOLE);
    assertThat(classes(epoch)).containsExactly(2, 8, 8);
    assertThat(Arrays.stream(epoch.order()).distinct().count()).isEqualTo(18);
  }

  @Test
  void anImageAloneInTheLastBatchIsLeftOutOfThisEpoch() {
    Set<Integer> leftOut = new HashSet<>();
    for (int epoch = 0; epoch < 8; epoch++) {
      EpochBatches batches =
          EpochBatches.of(data, EpochOrder.SHUFFLED, 1, epoch, stage(17, 1), Shard.WHOLE);
      assertThat(batches.order()).hasSize(17).doesNotHaveDuplicates();
      assertThat(batches.batches()).isEqualTo(1);
      leftOut.add(IntStream.range(0, 18).sum() - Arrays.stream(batches.order()).sum());
    }
    assertThat(leftOut).hasSizeGreaterThan(3);
  }

  private int[] classes(EpochBatches epoch) {
    int[] counts = new int[data.labels().size()];
    for (int sample : epoch.order()) {
      counts[data.samples().get(sample).label()]++;
    }
    return counts;
  }

  private static StageConfig stage(int batchSize, int accumulate) {
    String yaml =
        """
        data: {train: photos}
        model: {arch: resnet18}
        stages: [{epochs: 1, batch-size: %d, accumulate: %d}]
        """;
    return RunYaml.read(yaml.formatted(batchSize, accumulate), "test").stages().get(0);
  }
}
