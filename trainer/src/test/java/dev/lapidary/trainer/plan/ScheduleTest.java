package dev.lapidary.trainer.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.models.Golden;
import dev.lapidary.trainer.plan.Schedule.By;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rates by epoch over twelve epochs, as PyTorch's schedulers give them. */
class ScheduleTest {
  private static final JsonNode GOLDEN = Golden.json("optimizers.json").get("schedules");

  @Test
  void step() {
    check("step size=3 gamma=0.5", plain(new Schedule.Step(3, 0.5)));
  }

  @Test
  void multistep() {
    check("multistep 4,8 gamma=0.1", plain(new Schedule.MultiStep(List.of(4, 8), 0.1)));
  }

  @Test
  void cosine() {
    check("cosine T_max=12 min=0.01", plain(new Schedule.Cosine(0.01, 1)));
  }

  @Test
  void exponential() {
    check("exponential 0.9", plain(new Schedule.Exponential(0.9)));
  }

  @Test
  void warmupHandsOverToCosineWithoutAJump() {
    check(
        "warmup linear 0.1 over 3 then cosine T_max=9",
        new Schedule(By.EPOCH, 3, 0.1, new Schedule.Cosine(0, 1)));
  }

  @Test
  void oneCycle() {
    check("onecycle max=1 total=12", plain(new Schedule.OneCycle(0.3, 25, 1e4)));
  }

  @Test
  void byStepMovesInsideAnEpoch() {
    Schedule schedule = new Schedule(By.STEP, 1, 0, new Schedule.Constant());
    assertThat(schedule.factor(0, 5, 2, 10)).isEqualTo(0.5);
    assertThat(schedule.factor(1, 0, 2, 10)).isEqualTo(1);
  }

  @Test
  void cosineRestarts() {
    Schedule.Cosine cosine = new Schedule.Cosine(0, 3);
    assertThat(cosine.factor(4, 12, 1)).isEqualTo(1);
    assertThat(cosine.factor(2, 12, 1)).isCloseTo(0.5, within(1e-15));
    assertThat(cosine.factor(12, 12, 1)).isCloseTo(0, within(1e-15));
  }

  private static Schedule plain(Schedule.Shape shape) {
    return new Schedule(By.EPOCH, 0, 1, shape);
  }

  private static void check(String golden, Schedule schedule) {
    JsonNode expected = GOLDEN.get(golden);
    for (int epoch = 0; epoch < 12; epoch++) {
      assertThat(schedule.factor(epoch, 0, 12, 100))
          .as("epoch %d", epoch)
          // Recorded with nine digits.
          .isCloseTo(expected.get(epoch).asDouble(), within(1e-8));
    }
  }
}
