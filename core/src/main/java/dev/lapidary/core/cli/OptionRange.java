package dev.lapidary.core.cli;

import dev.lapidary.core.failure.Failure;

/** What whole numbers of options may be; what is not is refused (exit 2). */
public final class OptionRange {
  private OptionRange() {}

  /** Returns the value, if it is from {@code min} to {@code max}. */
  public static int within(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw Failure.badInput("%s must be in %d..%d but is %d", option, min, max, value);
    }
    return value;
  }

  /** Returns the value, if it is {@code min} or more. */
  public static int atLeast(String option, int value, int min) {
    if (value < min) {
      throw Failure.badInput("%s must be at least %d but is %d", option, min, value);
    }
    return value;
  }

  /** Returns the value, if it is 0 or more. */
  public static int notNegative(String option, int value) {
    if (value < 0) {
      throw Failure.badInput("%s must not be negative but is %d", option, value);
    }
    return value;
  }
}
