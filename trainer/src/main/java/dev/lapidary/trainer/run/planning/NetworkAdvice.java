package dev.lapidary.trainer.run.planning;

import static java.util.Comparator.reverseOrder;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.models.zoo.Architecture;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which other networks of the zoo would suit a run by the time it was measured to take: the work an
 * image (multiply-adds) tells how long another one takes.
 */
final class NetworkAdvice {
  /** More is worth a smaller network; less leaves room for a larger one. */
  private static final double LONG_HOURS = 1;

  private static final double SHORT_HOURS = 0.25;
  private static final int NAMED = 3;

  private NetworkAdvice() {}

  /**
   * @param architecture of the run
   * @param pretrained whether its weights come from a file
   * @param hours that all stages take
   */
  static Optional<String> of(String architecture, int classes, boolean pretrained, double hours) {
    if (Zoo.lookup(architecture).isEmpty()) {
      return Optional.empty();
    }
    ZooOptions options = ZooOptions.of(classes, 0);
    Architecture own = Zoo.find(architecture);
    double work = (double) own.multiplyAdds(options);
    Map<String, Double> others = new LinkedHashMap<>();
    Zoo.all().stream()
        .filter(other -> other.inputSize() == own.inputSize())
        .forEach(
            other -> others.put(other.name(), hours * (double) other.multiplyAdds(options) / work));
    if (hours >= LONG_HOURS) {
      String names = names(others, Map.Entry.comparingByValue(reverseOrder()), 0, hours / 2);
      return text("%.1f hours of training; networks with less work an image: ", hours, names);
    }
    if (hours < SHORT_HOURS && pretrained) {
      String names = names(others, Map.Entry.comparingByValue(), 2 * hours, LONG_HOURS);
      return text(
          "%.2f hours of training; there is time for a larger network, and what knows more of"
              + " ImageNet transfers better (Kornblith et al. 2019, arXiv 1805.08974): ",
          hours, names);
    }
    return Optional.empty();
  }

  /** With more hours than {@code above} and less than {@code below}, the first few. */
  private static String names(
      Map<String, Double> hours,
      Comparator<Map.Entry<String, Double>> order,
      double above,
      double below) {
    return hours.entrySet().stream()
        .filter(other -> other.getValue() > above && other.getValue() < below)
        .sorted(order)
        .limit(NAMED)
        .map(other -> Phrase.of("%s (about %.2g h)", other.getKey(), other.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static Optional<String> text(String format, double hours, String names) {
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(String.format(Locale.ROOT, format, hours) + names);
  }
}
