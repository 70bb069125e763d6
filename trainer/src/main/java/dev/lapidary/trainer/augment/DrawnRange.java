package dev.lapidary.trainer.augment;

import dev.lapidary.core.tensor.RandomStream;

/** From low to high; a configuration spells it {@code low..high}. */
record DrawnRange(double low, double high) {
  /** Evenly. */
  double draw(RandomStream random) {
    return random.uniform(low, high);
  }

  /** Evenly in the logarithm; both ends positive. */
  double drawLog(RandomStream random) {
    return StrictMath.exp(random.uniform(StrictMath.log(low), StrictMath.log(high)));
  }

  @Override
  public String toString() {
    return StepArguments.text(low) + ".." + StepArguments.text(high);
  }
}
