package dev.lapidary.serve.bench;

import java.util.List;
import java.util.Locale;

/**
 * How many times the images a second of another contender, over the rounds that both ran in turn:
 * the geometric mean with its 95 % confidence interval.
 *
 * @param verdict {@code gain}, {@code no gain} if the interval includes 1, or {@code slower}
 */
public record Gain(double ratio, double low, double high, String verdict) {
  /**
   * @param ours images a second by round
   * @param theirs of the same rounds
   */
  static Gain of(List<Double> ours, List<Double> theirs) {
    GeometricMean all = GeometricMean.ofRatios(ours, theirs);
    String verdict = all.low() > 1 ? "gain" : all.high() < 1 ? "slower" : "no gain";
    return new Gain(all.mean(), all.low(), all.high(), verdict);
  }

  String text() {
    return String.format(Locale.ROOT, "x%.2f [%.2f, %.2f] %s", ratio, low, high, verdict);
  }
}
