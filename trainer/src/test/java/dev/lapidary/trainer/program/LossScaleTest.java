package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossScaleTest {
  @Test
  void halvesAtAnOverflowAndDoublesAfter2000GoodSteps() {
    LossScale scale = LossScale.START.after(true).after(false);
    assertThat(scale).isEqualTo(new LossScale(32768, 0));
    for (int i = 0; i < 1999; i++) {
      scale = scale.after(true);
    }
    assertThat(scale).isEqualTo(new LossScale(32768, 1999));
    assertThat(scale.after(true)).isEqualTo(new LossScale(65536, 0));
  }

  @Test
  void unscalingDividesAndFindsWhatIsNotFinite() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(TinyNetwork.of(2), "cpu");
              NDManager step = program.newStep()) {
            NDArray good = step.create(new float[] {8, -16});
            assertThat(program.unscale(step, gradients(program, good), 8)).isTrue();
            assertThat(good.toFloatArray()).containsExactly(1, -2);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
              NDArray array = step.create(new float[] {1, bad});
              assertThat(program.unscale(step, gradients(program, array), 8)).isFalse();
            }
          }
          return true;
        });
  }

  private static Gradients gradients(TrainingProgram program, NDArray array) {
    return new Gradients(0, array, program.parameters(), List.of(array));
  }
}
