package dev.lapidary.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
  /** 3 of class 0, 30 of class 1, 7 of class 2. */
  private static final Dataset DATA = data(3, 30, 7);

  @Test
  void shufflingIsAPermutationThatSeedAndEpochDecide() {
    int[] order = EpochOrder.SHUFFLED.samples(DATA, 1, 2);
    assertThat(order).isEqualTo(EpochOrder.SHUFFLED.samples(DATA, 1, 2));
    assertThat(order).isNotEqualTo(EpochOrder.SHUFFLED.samples(DATA, 1, 3));
    assertThat(order).isNotEqualTo(EpochOrder.SHUFFLED.samples(DATA, 2, 2));
    assertThat(Arrays.stream(order).sorted().toArray())
        .isEqualTo(EpochOrder.AS_LISTED.samples(DATA, 1, 2));
  }

  /** 40 draws of three classes: 14, 13 and 13; a small class comes in whole rounds. */
  @Test
  void balancingDrawsEachClassEquallyOften() {
    int[] order = EpochOrder.BALANCED.samples(DATA, 1, 0);
    int[] perSample = new int[DATA.size()];
    int[] perClass = new int[3];
    for (int i : order) {
      perSample[i]++;
      perClass[DATA.samples().get(i).label()]++;
    }
    assertThat(perClass).containsExactly(14, 13, 13);
    assertThat(Arrays.copyOfRange(perSample, 0, 3)).containsOnly(4, 5);
    assertThat(Arrays.copyOfRange(perSample, 3, 33)).containsOnly(0, 1);
    assertThat(Arrays.copyOfRange(perSample, 33, 40)).containsOnly(1, 2);
    assertThat(order).isEqualTo(EpochOrder.BALANCED.samples(DATA, 1, 0));
    assertThat(order).isNotEqualTo(EpochOrder.BALANCED.samples(DATA, 1, 1));
  }

  private static Dataset data(int... counts) {
    List<String> labels = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    for (int label = 0; label < counts.length; label++) {
      labels.add("class " + label);
      for (int i = 0; i < counts[label]; i++) {
        samples.add(new Sample(label + "/" + i, label));
      }
    }
    return new Dataset(labels, samples, new FilePictures(Path.of("."), ImageLimits.DEFAULT));
  }
}
