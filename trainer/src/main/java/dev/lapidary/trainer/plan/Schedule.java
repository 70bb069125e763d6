package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import java.util.List;

/**
 * A factor on the learning rate over a stage. Lengths are in epochs; {@code by} says whether the
 * factor moves at each epoch or at each step.
 *
 * @param warmup epochs of linear rise from {@code warmupStart}; the shape then begins at its own
 *     start, over what is left of the stage, so nothing jumps
 */
public record Schedule(By by, double warmup, double warmupStart, Shape shape) {
  public enum By {
    EPOCH,
    STEP
  }

  /** A factor over t of {@code total} units, t from 0; {@code unitsPerEpoch} scales lengths. */
  public sealed interface Shape {
    default double factor(double t, double total, double unitsPerEpoch) {
      return 1;
    }
  }

  public record Constant() implements Shape {}

  /** {@code gamma} each {@code size} epochs: {@code torch StepLR}. */
  public record Step(int size, double gamma) implements Shape {
    public Step {
      require(size >= 1, "schedule step: size must be at least 1 but is " + size);
    }

    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      return Math.pow(gamma, Math.floor(t / (size * unitsPerEpoch)));
    }
  }

  /** {@code gamma} at each milestone: {@code torch MultiStepLR}. */
  public record MultiStep(List<Integer> milestones, double gamma) implements Shape {
    public MultiStep {
      milestones = List.copyOf(milestones);
    }

    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      double passed = (double) milestones.stream().filter(m -> t >= m * unitsPerEpoch).count();
      return Math.pow(gamma, passed);
    }
  }

  /** {@code gamma} to the power of the epoch: {@code torch ExponentialLR}. */
  public record Exponential(double gamma) implements Shape {
    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      return Math.pow(gamma, t / unitsPerEpoch);
    }
  }

  /**
   * Half a cosine from 1 to {@code min}, {@code cycles} times (warm restarts), each {@code growth}
   * times as long as the one before: {@code torch CosineAnnealingLR} and, with {@code T_mult =
   * growth}, {@code CosineAnnealingWarmRestarts} (SGDR, arXiv 1608.03983).
   */
  public record Cosine(double min, int cycles, double growth) implements Shape {
    public Cosine {
      require(cycles >= 1, "schedule cosine: cycles must be at least 1, is " + cycles);
      require(growth >= 1, "schedule cosine: growth must be at least 1, is " + growth);
    }

    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      double parts = 0;
      for (int i = 0; i < cycles; i++) {
        parts += Math.pow(growth, i);
      }
      double length = total / parts;
      double within = Math.min(t, total);
      for (int i = 1; i < cycles && within >= length; i++) {
        within -= length;
        length *= growth;
      }
      return min + (1 - min) * (1 + Math.cos(Math.PI * within / length)) / 2;
    }
  }

  /** (1 - t/total) to the power of {@code power}: {@code torch PolynomialLR}. */
  public record Polynomial(double power) implements Shape {
    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      return Math.pow(1 - Math.min(t, total) / total, power);
    }
  }

  /**
   * {@code torch OneCycleLR} with cosine annealing: from 1/{@code divide} up to 1 in the first
   * {@code rise} of the stage, then down to 1/({@code divide} * {@code finalDivide}), which it
   * reaches at the stage's end as the other shapes do: torch's {@code total_steps} is one more.
   */
  public record OneCycle(double rise, double divide, double finalDivide) implements Shape {
    public OneCycle {
      require(rise > 0 && rise < 1, "schedule one-cycle: rise must lie in (0, 1)");
    }

    @Override
    public double factor(double t, double total, double unitsPerEpoch) {
      double start = 1 / divide;
      double end = start / finalDivide;
      double top = rise * (total + 1) - 1;
      if (t < top) {
        return cosine(start, 1, t / top);
      }
      return cosine(1, end, Math.min(1, (t - top) / (total - top)));
    }

    private static double cosine(double from, double to, double part) {
      return to + (from - to) / 2 * (1 + Math.cos(Math.PI * part));
    }
  }

  /**
   * {@code gamma} each time that the validation loss has not fallen by the part {@code threshold}
   * for more than {@code patience} epochs, down to {@code min}, and not again in the {@code
   * cooldown} epochs after that: {@code torch ReduceLROnPlateau} in its modes min and rel. By
   * itself it is constant: what it has seen is {@link PlateauState}.
   *
   * @param min as a part of each parameter's own rate
   */
  public record Plateau(double gamma, int patience, double threshold, int cooldown, double min)
      implements Shape {
    public Plateau {
      require(gamma > 0 && gamma < 1, "schedule plateau: gamma must lie in (0, 1)");
      require(
          patience >= 0 && cooldown >= 0 && threshold >= 0 && min >= 0,
          "schedule plateau: patience, cooldown, threshold and min must not be negative");
    }
  }

  public static final Schedule CONSTANT = new Schedule(By.EPOCH, 0, 1, new Constant());

  public Schedule {
    require(warmup >= 0, "schedule.warmup must not be negative but is " + warmup);
    require(warmupStart >= 0 && warmupStart <= 1, "schedule.warmup-start must lie in [0, 1]");
  }

  /** With a warm-up that fits into a stage of so many epochs. */
  Schedule within(int epochs) {
    return new Schedule(by, Math.min(warmup, epochs), warmupStart, shape);
  }

  /**
   * @param epoch of the stage, from 0
   * @param step of the epoch, from 0
   */
  public double factor(int epoch, long step, int epochs, long stepsPerEpoch) {
    double units = by == By.EPOCH ? 1 : (double) stepsPerEpoch;
    double t = by == By.EPOCH ? epoch : epoch * (double) stepsPerEpoch + (double) step;
    double rise = warmup * units;
    if (t < rise) {
      return warmupStart + (1 - warmupStart) * t / rise;
    }
    return shape.factor(t - rise, epochs * units - rise, units);
  }
}
