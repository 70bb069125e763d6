package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
    int width = width(m);
    String head = "%-" + width + "s  %9s  %7s  %7s  %7s";
    lines.add(String.format(Locale.ROOT, head, "class", "precision", "recall", "F1", "images"));
    String line = "%-" + width + "s  %9.4f  %7.4f  %7.4f  %,7d";
    for (ClassMeasure c : m.perClass()) {
      lines.add(
          String.format(
              Locale.ROOT,
              line,
              MeasuresText.cut(c.label()),
              c.precision(),
              c.recall(),
              c.f1(),
              c.images()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            line,
            MeasuresText.MEAN,
            m.macroPrecision(),
            m.macroRecall(),
            m.macroF1(),
            m.images()));
  }

  private static void matrix(List<String> lines, SingleLabelMeasures m) {
    int width = width(m) + 4;
    int max = m.confusion().stream().flatMap(List::stream).mapToInt(i -> i).max().orElse(0);
    int cell = Math.max(3, Integer.toString(max).length()) + 2;
    lines.add("confusion: a row a class, a column a prediction");
    StringBuilder head = new StringBuilder(" ".repeat(width));
    for (int c = 1; c <= m.classes(); c++) {
      head.append(String.format(Locale.ROOT, "%" + cell + "d", c));
    }
    lines.add(head.toString());
    for (int c = 0; c < m.classes(); c++) {
      StringBuilder row = new StringBuilder();
      row.append(
          String.format(
              Locale.ROOT,
              "%2d  %-" + (width - 4) + "s",
              c + 1,
              MeasuresText.cut(m.perClass().get(c).label())));
      for (int count : m.confusion().get(c)) {
        row.append(
            String.format(
                Locale.ROOT, "%" + cell + "s", count == 0 ? "." : Integer.toString(count)));
      }
      lines.add(row.toString());
    }
  }

  private static void mistakes(List<String> lines, SingleLabelMeasures m) {
    lines.add("most frequent mistakes");
    for (Confusions.Mistaken pair : Confusions.of(m).first(MISTAKES)) {
      lines.add(
          Phrase.of(
              "%6d  %s taken for %s (%.1f %% of its images)",
              pair.images(), pair.label(), pair.predicted(), 100 * pair.share()));
    }
  }

  private static int width(SingleLabelMeasures m) {
    return MeasuresText.width(m.perClass().stream().map(ClassMeasure::label).toList());
  }
}
