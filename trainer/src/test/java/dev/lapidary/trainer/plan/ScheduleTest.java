package dev.lapidary.trainer.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.trainer.plan.Schedule.By;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    check("cosine T_max=12 min=0.01", plain(new Schedule.Cosine(0.01, 1, 1)));
  }

  @Test
  void exponential() {
    check("exponential 0.9", plain(new Schedule.Exponential(0.9)));
  }

  @Test
  void warmupHandsOverToCosineWithoutAJump() {
    check(
        "warmup linear 0.1 over 3 then cosine T_max=9",
        new Schedule(By.EPOCH, 3, 0.1, new Schedule.Cosine(0, 1, 1)));
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
    Schedule.Cosine cosine = new Schedule.Cosine(0, 3, 1);
    assertThat(cosine.factor(4, 12, 1)).isEqualTo(1);
    assertThat(cosine.factor(2, 12, 1)).isCloseTo(0.5, within(1e-15));
    assertThat(cosine.factor(12, 12, 1)).isCloseTo(0, within(1e-15));
  }

  @Test
  void cosineRestartsWithLongerCycles() {
    // T_0 = 4, T_mult = 2: the cycles begin at 0, 4 and 12 and end at 28.
    Schedule.Cosine cosine = new Schedule.Cosine(0.1, 3, 2);
    assertThat(cosine.factor(0, 28, 1)).isEqualTo(1);
    assertThat(cosine.factor(2, 28, 1)).isCloseTo(0.55, within(1e-15));
    assertThat(cosine.factor(4, 28, 1)).isEqualTo(1);
    assertThat(cosine.factor(8, 28, 1)).isCloseTo(0.55, within(1e-15));
    assertThat(cosine.factor(12, 28, 1)).isEqualTo(1);
    assertThat(cosine.factor(20, 28, 1)).isCloseTo(0.55, within(1e-15));
    assertThat(cosine.factor(28, 28, 1)).isCloseTo(0.1, within(1e-15));
  }

  @Test
  void polynomial() {
    Schedule.Polynomial polynomial = new Schedule.Polynomial(2);
    assertThat(polynomial.factor(0, 8, 1)).isEqualTo(1);
    assertThat(polynomial.factor(4, 8, 1)).isEqualTo(0.25);
    assertThat(polynomial.factor(8, 8, 1)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"constant", "cosine", "polynomial", "exponential", "plateau"})
  void warmUpHandsOverWithoutAJump(String kind) {
    Schedule.Shape shape = Objects.requireNonNull(RunDefaults.SHAPES.get(kind));
    Schedule schedule = new Schedule(By.STEP, 2, 0.1, shape);
    assertThat(schedule.factor(0, 0, 10, 100)).isEqualTo(0.1);
    double before = schedule.factor(1, 99, 10, 100);
    double at = schedule.factor(2, 0, 10, 100);
    assertThat(at).isEqualTo(1);
    assertThat(at - before).isCloseTo(0.9 / 200, within(1e-12));
    assertThat(at - schedule.factor(2, 1, 10, 100)).isBetween(0.0, 0.9 / 200);
  }

  @Test
  void plateau() {
    JsonNode expected =
        GOLDEN.get(
            "plateau factor=0.5 patience=2 metric=1,0.9,0.9,0.9,0.9,0.8,0.8,0.8,0.8,0.8,0.8,0.8");
    double[] losses = {1, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8};
    Schedule schedule = plain(new Schedule.Plateau(0.5, 2, 1e-4, 0, 0));
    PlateauState state = PlateauState.START;
    for (int epoch = 0; epoch < losses.length; epoch++) {
      assertThat(state.factor())
          .as("epoch %d", epoch)
          .isCloseTo(expected.get(epoch).asDouble(), within(1e-8));
      state = state.after(schedule, epoch, losses[epoch]);
    }
  }

  @Test
  void plateauCoolsDownAndEndsAtItsLeast() {
    Schedule schedule = plain(new Schedule.Plateau(0.1, 0, 1e-4, 2, 0.05));
    PlateauState state = PlateauState.START.after(schedule, 0, 1);
    List<Double> factors = new ArrayList<>();
    for (int epoch = 1; epoch < 8; epoch++) {
      state = state.after(schedule, epoch, 1);
      factors.add(state.factor());
    }
    // Bad at 1; epochs 2 and 3 cool down; bad at 4, down to the least; no lower after that.
    assertThat(factors).containsExactly(0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05);
  }

  @Test
  void plateauDoesNotCountTheWarmUp() {
    Schedule schedule = new Schedule(By.EPOCH, 2, 0.1, new Schedule.Plateau(0.1, 0, 1e-4, 0, 0));
    PlateauState state = PlateauState.START.after(schedule, 0, 1).after(schedule, 1, 1);
    assertThat(state).isEqualTo(PlateauState.START);
    assertThat(state.after(schedule, 2, 1).after(schedule, 3, 1).factor()).isEqualTo(0.1);
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
