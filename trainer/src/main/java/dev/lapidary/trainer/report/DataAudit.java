package dev.lapidary.trainer.report;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the first look at the images found.
 *
 * @param labels class names by index
 * @param train images by class, as {@code validation} and {@code test}
 * @param skipped bad images that were left out, with the reason
 * @param duplicates images that are trained on and measured with, as {@code one = the other}
 * @param sizes how many training images have which size, such as {@code 500x375}
 * @param manifestSha256 of names, classes and contents
 */
public record DataAudit(
    List<String> labels,
    List<Integer> train,
    List<Integer> validation,
    Optional<List<Integer>> test,
    List<String> skipped,
    List<String> duplicates,
    Map<String, Integer> sizes,
    String manifestSha256) {
  public DataAudit {
    labels = List.copyOf(labels);
    train = List.copyOf(train);
    validation = List.copyOf(validation);
    skipped = List.copyOf(skipped);
    duplicates = List.copyOf(duplicates);
  }

  static int sum(List<Integer> counts) {
    return counts.stream().mapToInt(i -> i).sum();
  }
}
