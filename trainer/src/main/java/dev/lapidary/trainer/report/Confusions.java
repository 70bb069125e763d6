package dev.lapidary.trainer.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The pairs of classes that are taken for each other, most frequent first. */
public record Confusions(List<Mistaken> pairs) {
  /**
   * @param images of {@code label} that were predicted as {@code predicted}
   * @param share of the label's images
   */
  public record Mistaken(String label, String predicted, int images, double share) {}

  public Confusions {
    pairs = List.copyOf(pairs);
  }

  public static Confusions of(SingleLabelMeasures measures) {
    List<Mistaken> found = new ArrayList<>();
    for (int c = 0; c < measures.classes(); c++) {
      List<Integer> row = measures.confusion().get(c);
      int images = measures.perClass().get(c).images();
      for (int p = 0; p < measures.classes(); p++) {
        if (p != c && row.get(p) > 0) {
          String label = measures.perClass().get(c).label();
          String predicted = measures.perClass().get(p).label();
          found.add(new Mistaken(label, predicted, row.get(p), (double) row.get(p) / images));
        }
      }
    }
    found.sort(
        Comparator.comparingInt(Mistaken::images).reversed()); // stable: by class where equal
    return new Confusions(found);
  }

  public List<Mistaken> first(int count) {
    return pairs.subList(0, Math.min(count, pairs.size()));
  }
}
