package dev.lapidary.trainer.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Resample;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Steps that are made of others give what those others give one after the other, with what was
 * drawn; the others' pixels are torchvision's.
 */
class DefinitionTest {
  private static final RgbImage IMAGE = AugmentationTest.image(31, 23);
  private static final int SAMPLES = 50;

  /** {@code image.crop(box).resize(size)}. */
  @Test
  void aRandomResizedCropIsItsBoxResized() {
    Preprocessing rule = Preprocessing.imageNet(24, 20);
    RandomResizedCrop crop =
        new RandomResizedCrop(new DrawnRange(0.08, 1), new DrawnRange(0.75, 4.0 / 3), rule);
    for (int i = 0; i < SAMPLES; i++) {
      Box box = crop.box(31, 23, random(i));
      RgbImage alone = Resample.crop(IMAGE, box);
      RgbImage expected = Resample.resize(alone, Box.of(alone), 20, 20, Interpolation.BILINEAR);
      assertThat(crop.apply(IMAGE, random(i)).pixels()).isEqualTo(expected.pixels());
    }
  }

  @Test
  void jitterIsItsFourChangesInTheOrderDrawn() {
    ColourJitter jitter = new ColourJitter(0.4, 0.3, 0.2, 0.1);
    int[] firsts = new int[4];
    for (int i = 0; i < SAMPLES; i++) {
      RandomStream drawn = random(i);
      int[] order = drawn.permutation(4);
      firsts[order[0]]++;
      RgbImage expected = IMAGE;
      for (int what : order) {
        expected =
            switch (what) {
              case 0 -> Enhance.brightness(expected, drawn.uniform(0.6, 1.4));
              case 1 -> Enhance.contrast(expected, drawn.uniform(0.7, 1.3));
              case 2 -> Enhance.saturation(expected, drawn.uniform(0.8, 1.2));
              default -> Hue.shift(expected, drawn.uniform(-0.1, 0.1));
            };
      }
      assertThat(jitter.apply(IMAGE, random(i)).pixels()).isEqualTo(expected.pixels());
    }
    assertThat(firsts).doesNotContain(0);
    ColourJitter none = new ColourJitter(0, 0, 0, 0);
    assertThat(none.apply(IMAGE, random(0)).pixels()).isEqualTo(IMAGE.pixels());
  }

  @Test
  void randAugmentIsItsOperationsOneAfterTheOther() {
    RandAugment two = new RandAugment(2, 9, Warp.Sampling.NEAREST);
    RandAugment one = new RandAugment(1, 9, Warp.Sampling.NEAREST);
    for (int i = 0; i < SAMPLES; i++) {
      RandomStream drawn = random(i);
      RgbImage expected = one.apply(one.apply(IMAGE, drawn), drawn);
      assertThat(two.apply(IMAGE, random(i)).pixels()).isEqualTo(expected.pixels());
    }
  }

  /** Within a level: torchvision adds the parts up in float32 and cuts. */
  @Test
  void augMixIsTheWeightedSumOfTheImageAndItsChains() {
    AugMix mix = new AugMix(3, 3, 2, 1, Warp.Sampling.BILINEAR);
    for (int i = 0; i < SAMPLES; i++) {
      RandomStream drawn = random(i);
      double[] parts = mix.dirichlet(2, drawn);
      double[] chains = mix.dirichlet(3, drawn);
      double[] sum = new double[IMAGE.pixels().length];
      add(sum, IMAGE, parts[0]);
      for (double part : chains) {
        add(sum, mix.chain(IMAGE, drawn), parts[1] * part);
      }
      byte[] mixed = mix.apply(IMAGE, random(i)).pixels();
      for (int k = 0; k < sum.length; k++) {
        assertThat(sum[k] - (mixed[k] & 0xff)).isBetween(-0.001, 1.001);
      }
    }
  }

  @Test
  void anErasedBoxIsZeroInAllChannelsAndNothingElseIsChanged() {
    RandomErasing erasing =
        new RandomErasing(1, new DrawnRange(0.02, 0.33), new DrawnRange(0.3, 3.3));
    float[] before = new float[5 + 3 * 12 * 10];
    IntStream.range(0, before.length).forEach(i -> before[i] = i + 1);
    for (int i = 0; i < SAMPLES; i++) {
      RandomStream drawn = random(i);
      drawn.chance(1);
      Box box = erasing.box(10, 12, drawn).orElseThrow();
      float[] after = Arrays.copyOf(before, before.length);
      erasing.apply(after, 5, 3, 12, 10, random(i));
      for (int at = 0; at < after.length; at++) {
        int x = (at - 5) % 10 - box.left();
        int y = (at - 5) / 10 % 12 - box.top();
        boolean inside = at >= 5 && x >= 0 && x < box.width() && y >= 0 && y < box.height();
        assertThat(after[at]).isEqualTo(inside ? 0 : before[at]);
      }
    }
  }

  private static void add(double[] sum, RgbImage image, double part) {
    for (int k = 0; k < sum.length; k++) {
      sum[k] += part * (image.pixels()[k] & 0xff);
    }
  }

  private static RandomStream random(int sample) {
    return RandomStream.of(7, 2, sample, "definition");
  }
}
