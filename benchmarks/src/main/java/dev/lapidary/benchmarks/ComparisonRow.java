package dev.lapidary.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What took turns in some rounds, as a row of a table: medians with the least and the greatest of
 * the rounds, and the ratio likewise, of each round's two.
 */
final class ComparisonRow {
  static final String HEAD = "| what | this | beside | ratio |\n|---|---|---|---|";

  private ComparisonRow() {}

  /**
   * @param what with its unit
   * @param these by round, what is divided by {@code others}
   */
  static String row(
      String what, String name, List<Double> these, String other, List<Double> others) {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < these.size(); round++) {
      ratios.add(these.get(round) / others.get(round));
    }
    return "| %s | %s: %s | %s: %s | %s |"
        .formatted(what, name, text(these), other, text(others), text(ratios));
  }

  private static String text(List<Double> rounds) {
    double middle = Median.of(rounds);
    String format =
        middle < 10
            ? "%.2f (%.2f to %.2f)"
            : middle < 100 ? "%.1f (%.1f to %.1f)" : "%.0f (%.0f to %.0f)";
    return String.format(
        Locale.ROOT,
        format,
        middle,
        rounds.stream().min(Double::compare).orElse(middle),
        rounds.stream().max(Double::compare).orElse(middle));
  }
}
