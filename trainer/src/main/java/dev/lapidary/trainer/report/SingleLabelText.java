package dev.lapidary.trainer.report;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.ArrayList;
import java.util.List;

/** {@link SingleLabelMeasures} for a terminal. */
final class SingleLabelText {
  /** A wider matrix does not fit a terminal; then the most frequent mistakes are listed. */
  private static final int MATRIX_CLASSES = 12;

  private static final int MISTAKES = 10;

  private SingleLabelText() {}

  static List<String> lines(SingleLabelMeasures m) {
    List<String> lines = new ArrayList<>();
    lines.add(Phrase.of("images       %,d of %d classes", m.images(), m.classes()));
    Interval interval = m.accuracyInterval();
    lines.add(
        Phrase.of(
            "accuracy     %.4f   95 %% interval %.4f to %.4f (Wilson)",
            m.accuracy(), interval.low(), interval.high()));
    m.top5().ifPresent(top -> lines.add(Phrase.of("top-5        %.4f", top)));
    lines.add(Phrase.of("loss         %.4f   mean cross-entropy, in nats", m.loss()));
    lines.add(
        Phrase.of(
            "calibration  %.4f   expected calibration error, %d bins",
            m.calibrationError(), SingleLabelMeasures.Bin.COUNT));
    lines.add("");
    perClass(lines, m);
    lines.add("");
    if (m.classes() <= MATRIX_CLASSES) {
      matrix(lines, m);
    } else {
      mistakes(lines, m);
    }
    return lines;
  }

  private static void perClass(List<String> lines, SingleLabelMeasures m) {
    TextTable table =
        new TextTable()
            .texts("class")
            .numbers("%.4f", "precision", "recall", "F1")
            .numbers("%,d", "images");
    for (ClassMeasure c : m.perClass()) {
      table.row(MeasuresText.cut(c.label()), c.precision(), c.recall(), c.f1(), c.images());
    }
    table.row(MeasuresText.MEAN, m.macroPrecision(), m.macroRecall(), m.macroF1(), m.images());
    lines.addAll(table.lines());
  }

  private static void matrix(List<String> lines, SingleLabelMeasures m) {
    lines.add("confusion: a row a class, a column a prediction");
    TextTable table = new TextTable().numbers("%d", "").texts("");
    for (int c = 1; c <= m.classes(); c++) {
      table.numbers("%d", Integer.toString(c));
    }
    for (int c = 0; c < m.classes(); c++) {
      List<Object> row = new ArrayList<>();
      row.add(c + 1);
      row.add(MeasuresText.cut(m.perClass().get(c).label()));
      m.confusion().get(c).forEach(count -> row.add(count == 0 ? "." : count));
      table.row(row.toArray());
    }
    lines.addAll(table.lines());
  }

  private static void mistakes(List<String> lines, SingleLabelMeasures m) {
    lines.add("most frequent mistakes");
    for (Confusions.Mistaken pair : Confusions.of(m, MISTAKES)) {
      lines.add(
          Phrase.of(
              "%6d  %s taken for %s (%.1f %% of its images)",
              pair.images(), pair.label(), pair.predicted(), 100 * pair.share()));
    }
  }
}
