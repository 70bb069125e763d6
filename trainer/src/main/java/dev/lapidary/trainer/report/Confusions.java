package dev.lapidary.trainer.report;

import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The pairs of classes that are taken for each other. */
final class Confusions {
  private Confusions() {}

  /**
   * @param images of {@code label} that were predicted as {@code predicted}
   * @param share of the label's images
   */
  record Mistaken(String label, String predicted, int images, double share) {}

  /** So many at most, the most frequent first. */
  static List<Mistaken> of(SingleLabelMeasures measures, int max) {
    List<Mistaken> found = new ArrayList<>();
    for (int c = 0; c < measures.classes(); c++) {
      List<Integer> row = measures.confusion().get(c);
      ClassMeasure own = measures.perClass().get(c);
      for (int p = 0; p < measures.classes(); p++) {
        if (p != c && row.get(p) > 0) {
          String predicted = measures.perClass().get(p).label();
          double share = (double) row.get(p) / own.images();
          found.add(new Mistaken(own.label(), predicted, row.get(p), share));
        }
      }
    }
    found.sort(
        Comparator.comparingInt(Mistaken::images).reversed()); // stable: by class where equal
    return found.subList(0, Math.min(max, found.size()));
  }
}
