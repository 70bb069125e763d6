package dev.lapidary.trainer.run.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.Rounds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shares become one, by rules of their own, whatever pieces they are put together in. */
class MeetingTest {
  private static final int VALUES = 103;
  private static final int SUMMED = 40;

  @Test
  void slicesDoNotChangeABit() {
    float[][] parts = parts(5);
    long[] images = {7, 7, 0, 7, 3};
    float[] whole = new Slice(0, VALUES).combine(parts, images, SUMMED);
    for (int slices : new int[] {2, 7, 64}) {
      float[] pieces = new float[VALUES];
      for (int i = 0; i < slices; i++) {
        Slice slice = Slice.of(i, slices, VALUES);
        float[][] some = new float[parts.length][];
        for (int w = 0; w < parts.length; w++) {
          some[w] = Arrays.copyOfRange(parts[w], slice.from(), slice.to());
        }
        float[] piece = slice.combine(some, images, SUMMED);
        System.arraycopy(piece, 0, pieces, slice.from(), piece.length);
      }
      assertThat(pieces).isEqualTo(whole);
    }
    assertThat(whole[3]).isEqualTo(parts[0][3] + parts[1][3] + parts[3][3] + parts[4][3]);
    double mean = (7.0 * parts[0][50] + 7.0 * parts[1][50] + 7.0 * parts[3][50]) / 24;
    assertThat(whole[50]).isEqualTo((float) (mean + 3.0 * parts[4][50] / 24));
  }

  /** So what is frozen stays, to the bit. */
  @Test
  void theMeanOfEqualNumbersIsThatNumber() {
    float[] same = parts(1)[0];
    float[][] parts = {same, same, same};
    assertThat(new Slice(0, VALUES).combine(parts, new long[] {31, 7, 11}, 0)).isEqualTo(same);
  }

  private static float[][] parts(int workers) {
    float[][] parts = new float[workers][VALUES];
    for (int w = 0; w < workers; w++) {
      RandomStream random = RandomStream.of(1, w, 0, "parts");
      for (int i = 0; i < VALUES; i++) {
        parts[w][i] = (float) random.uniform(-1, 1);
      }
    }
    return parts;
  }

  @Test
  void sharesOfOtherParametersAreRefused() {
    Contribution one = share(0, Map.of("gradient.a", new float[] {1}));
    Contribution other = share(1, Map.of("gradient.b", new float[] {1, 2}));
    assertThatThrownBy(() -> Meeting.of(List.of(one, other)))
        .hasMessage(
            "a parameter has a gradient in the batches of some workers only, such as not of worker"
                + " 1; train with world-size 1");
    Meeting meeting =
        Meeting.of(List.of(Contribution.none(0), share(1, other(2f)), share(2, other(3f))));
    assertThat(meeting.tensors().get("gradient.a")).containsExactly(5f);
    assertThat(meeting.sums()).isEqualTo(new Sums(8, 4, 2));
  }

  private static Map<String, float[]> other(float value) {
    return Map.of("gradient.a", new float[] {value});
  }

  private static Contribution share(int worker, Map<String, float[]> gradients) {
    return Contribution.of(worker, new Sums(4, 2, 1), gradients, Map.of(), new LinkedHashMap<>());
  }

  @Test
  void theOuterStepGoesToTheMeanItselfUnlessToldOtherwise() {
    OuterStep step = new OuterStep(Rounds.NONE);
    float[] mean = {0.1f, -3e-7f, 5e5f};
    assertThat(step.take("w", new float[] {0.3f, 1, -7}, mean)).containsExactly(mean);
    assertThat(step.save()).isEmpty();
  }

  /** {@code torch.optim.SGD(lr=0.7, momentum=0.9, nesterov=True)} on gradients 0.5 and 0.25. */
  @Test
  void theOuterStepIsNesterovs() {
    OuterStep step = new OuterStep(new Rounds(2, 4, 0, 0.7, 0.9));
    float[] first = step.take("p", new float[] {1}, new float[] {0.5f});
    assertThat(first[0]).isEqualTo((float) (1 - 0.7 * (0.5 + 0.9 * 0.5)));
    float[] second = step.take("p", first, new float[] {first[0] - 0.25f});
    float velocity = (float) (0.9 * 0.5f + 0.25);
    assertThat(second[0])
        .isCloseTo((float) (first[0] - 0.7 * (0.25 + 0.9 * velocity)), within(1e-6f));
    OuterStep again = new OuterStep(new Rounds(2, 4, 0, 0.7, 0.9));
    again.restore(step.save());
    assertThat(again.take("p", second, first)).isEqualTo(step.take("p", second, first));
    OuterStep mean = new OuterStep(new Rounds(2, 4, 0, 1, 0));
    assertThat(mean.take("p", new float[] {1, -3}, new float[] {0.3f, 0.1f}))
        .containsExactly(0.3f, 0.1f);
  }

  private static org.assertj.core.data.Offset<Float> within(float tolerance) {
    return org.assertj.core.data.Offset.offset(tolerance);
  }

  @Test
  void everyImageHasOneOwner() {
    for (int images : new int[] {5, 8, 9}) {
      int all = 0;
      for (int worker = 0; worker < 4; worker++) {
        Shard shard = new Shard(worker, 4);
        int[] own = shard.of(java.util.stream.IntStream.range(0, images).toArray());
        assertThat(own).hasSize(shard.size(images));
        all += own.length;
      }
      assertThat(all).isEqualTo(images);
    }
  }
}
