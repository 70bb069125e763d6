package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;

/** What numbers of options may be; what is not is refused (exit 2). */
final class Ranges {
  private Ranges() {}

  static int port(String option, int value) {
    if (value < 0 || value > 65_535) {
      throw Failure.badInput("%s must be in 0..65535 but is %d", option, value);
    }
    return value;
  }

  static int positive(String option, int value, int max) {
    if (value < 1 || value > max) {
      throw Failure.badInput("%s must be in 1..%d but is %d", option, max, value);
    }
    return value;
  }

  static int notNegative(String option, int value) {
    if (value < 0) {
      throw Failure.badInput("%s must not be negative but is %d", option, value);
    }
    return value;
  }
}
