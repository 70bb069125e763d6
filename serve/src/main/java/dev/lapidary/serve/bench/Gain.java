package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.Phrase;
import java.util.List;

/**
 * How many times the images a second of another contender, over the rounds that both ran in turn:
 * the geometric mean with its 95 % confidence interval.
 *
 * @param verdict {@code gain}, {@code no gain} if the interval includes 1, or {@code slower}; of
 *     servers {@code faster}, {@code no significant difference} or {@code slower}
 */
public record Gain(double ratio, double low, double high, String verdict) {
  /**
   * @param ours images a second by round
   * @param theirs of the same rounds
   */
  static Gain of(List<Double> ours, List<Double> theirs) {
    return of(ours, theirs, "gain", "no gain");
  }

  /** The same in these words. */
  static Gain of(List<Double> ours, List<Double> theirs, String more, String neither) {
    GeometricMean all = GeometricMean.ofRatios(ours, theirs);
    String verdict = all.low() > 1 ? more : all.high() < 1 ? "slower" : neither;
    return new Gain(all.mean(), all.low(), all.high(), verdict);
  }

  String text() {
    return Phrase.of("x%.2f [%.2f, %.2f] %s", ratio, low, high, verdict);
  }
}
