package dev.lapidary.core.ending;

/**
 * A part of an ending: a factor times what the ending is of. Where several networks' scores are
 * averaged, the factors add up to 1 in the end.
 */
public record Share(Ending ending, double factor) {
  private static final double NEAR = 1e-5;

  public static Share whole(Ending ending) {
    return new Share(ending, 1);
  }

  /** Whether it is scores, whose sums and multiples are told apart. */
  public boolean isScores() {
    return ending == Ending.SOFTMAX || ending == Ending.SIGMOID;
  }

  public boolean isWhole() {
    return Math.abs(factor - 1) < NEAR;
  }

  public boolean is(Ending other) {
    return ending == other && isWhole();
  }

  public Share times(double number) {
    return new Share(ending, factor * number);
  }
}
