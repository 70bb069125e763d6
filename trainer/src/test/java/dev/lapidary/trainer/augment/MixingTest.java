package dev.lapidary.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.PicturedFolder;
import dev.lapidary.trainer.data.View;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mixup and CutMix by their definitions, on the batches that the loader makes. */
class MixingTest {
  private static final int SIDE = 16;
  private static final int LENGTH = 3 * SIDE * SIDE;
  private static final Preprocessing RULE = Preprocessing.imageNet(18, SIDE);

  @TempDir private Path root;
  private Dataset data;

  private record Mixed(
      float[] images, List<Long> labels, List<Long> others, float weight, int count) {
    static Mixed of(Batch batch) {
      List<Long> labels = new ArrayList<>();
      List<Long> others = new ArrayList<>();
      for (int i = 0; i < batch.count(); i++) {
        labels.add(batch.labels()[i]);
        others.add(batch.otherLabels()[i]);
      }
      return new Mixed(batch.images().clone(), labels, others, batch.weight(), batch.count());
    }
  }

  @BeforeEach
  void fill() {
    PicturedFolder.fill(root, "ant", 5);
    PicturedFolder.fill(root, "bee", 6);
    data = DataFormat.AUTO.read(root, PicturedFolder.READING);
  }

  @Test
  void mixupAddsThePredecessorByItsWeight() {
    List<Mixed> plain = epoch("none", 2);
    List<Mixed> mixed = epoch("mixup(alpha=1)", 2);
    for (int b = 0; b < plain.size(); b++) {
      Mixed from = plain.get(b);
      Mixed to = mixed.get(b);
      assertThat(from.weight()).isEqualTo(1);
      assertThat(to.weight()).isBetween(0f, 1f);
      for (int i = 0; i < to.count(); i++) {
        int before = Math.floorMod(i - 1, to.count());
        assertThat(to.others().get(i)).isEqualTo(from.labels().get(before));
        for (int k = 0; k < LENGTH; k++) {
          float expected =
              from.images()[before * LENGTH + k] * (1 - to.weight())
                  + from.images()[i * LENGTH + k] * to.weight();
          assertThat(to.images()[i * LENGTH + k]).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void cutMixShowsThePredecessorInABoxAndWeighsByArea() {
    List<Mixed> plain = epoch("none", 2);
    List<Mixed> mixed = epoch("cutmix(alpha=1)", 2);
    for (int b = 0; b < plain.size(); b++) {
      Box box = changed(plain.get(b), mixed.get(b));
      assertThat(mixed.get(b).weight())
          .isEqualTo((float) (1 - (double) box.width() * box.height() / (SIDE * SIDE)));
      for (int at = 0; at < mixed.get(b).count() * LENGTH; at++) {
        int x = at % SIDE - box.left();
        int y = at / SIDE % SIDE - box.top();
        boolean inside = x >= 0 && x < box.width() && y >= 0 && y < box.height();
        float expected = plain.get(b).images()[inside ? predecessor(plain.get(b), at) : at];
        assertThat(mixed.get(b).images()[at]).isEqualTo(expected);
      }
    }
  }

  /** Around all that differs in any image; no two pictures have a row or column in common. */
  private static Box changed(Mixed from, Mixed to) {
    int left = SIDE;
    int top = SIDE;
    int right = 0;
    int bottom = 0;
    for (int at = 0; at < to.count() * LENGTH; at++) {
      if (to.images()[at] != from.images()[at]) {
        left = Math.min(left, at % SIDE);
        right = Math.max(right, at % SIDE + 1);
        top = Math.min(top, at / SIDE % SIDE);
        bottom = Math.max(bottom, at / SIDE % SIDE + 1);
      }
    }
    return new Box(left, top, right - left, bottom - top);
  }

  private static int predecessor(Mixed batch, int at) {
    return Math.floorMod(at - LENGTH, batch.count() * LENGTH);
  }

  @Test
  void threadsChangeNoByteOfAnAugmentedEpoch() {
    String all = "rrc, hflip, jitter, trivial, augmix, erase, mixup, cutmix";
    List<Mixed> one = epoch(all, 1);
    List<Mixed> eight = epoch(all, 8);
    for (int b = 0; b < one.size(); b++) {
      assertThat(eight.get(b).images()).isEqualTo(one.get(b).images());
      assertThat(eight.get(b).weight()).isEqualTo(one.get(b).weight());
      assertThat(eight.get(b).others()).isEqualTo(one.get(b).others());
    }
  }

  private List<Mixed> epoch(String steps, int threads) {
    View view = Augmentation.parse(steps, RULE, 3);
    List<Mixed> batches = new ArrayList<>();
    try (Loader loader = new Loader(data, Preprocessor.of(RULE), view, threads, 0)) {
      int[] order = EpochOrder.BALANCED.samples(data, 3, 0);
      Loader.Batches epoch = loader.batches(order, 4, 0, 0);
      while (epoch.hasNext()) {
        batches.add(Mixed.of(epoch.next()));
      }
    }
    return batches;
  }
}
