package dev.lapidary.core.manifest;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a trained model answers with, to which images to measure it with must fit.
 *
 * @param labels in the order of its outputs; empty if nobody knows them
 * @param several whether it gives an image each of its labels or not, instead of exactly one
 */
public record ModelLabels(List<String> labels, boolean several) {
  private static final int NAMED = 20;

  public ModelLabels {
    labels = List.copyOf(labels);
  }

  /**
   * Of each label of the data its position among the model's; labels without an image are no harm.
   *
   * @param path of the data, for messages
   * @param found the data's labels
   * @param foundSeveral whether an image of the data has any number of labels
   * @throws Failure (exit 2) if the data are of another kind, or have a label that the model does
   *     not know
   */
  public List<Integer> indices(Path path, List<String> found, boolean foundSeveral) {
    if (foundSeveral != several) {
      throw Failure.badInput(
          "[%s] has %s an image, but the model gives %s",
          path,
          foundSeveral ? "any number of labels" : "one label",
          several ? "each of its labels or not: give a list with labels" : "exactly one class");
    }
    if (labels.isEmpty()) {
      return IntStream.range(0, found.size()).boxed().toList();
    }
    List<Integer> indices = LabelNames.indices(found, labels);
    if (indices.contains(-1)) {
      String label = found.get(indices.indexOf(-1));
      throw Failure.badInput(
          "[%s] '%s' is no label of the model; its labels are %s%s",
          path, label, labels.stream().limit(NAMED).toList(), NearNames.hint(label, labels));
    }
    return indices;
  }
}
