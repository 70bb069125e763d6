package dev.lapidary.trainer.report;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.trainer.report.MultiLabelMeasures.LabelMeasure;
import java.util.ArrayList;
import java.util.List;

/** {@link MultiLabelMeasures} for a terminal. */
final class MultiLabelText {
  private MultiLabelText() {}

  static List<String> lines(MultiLabelMeasures m) {
    List<String> lines = new ArrayList<>();
    lines.add(Phrase.of("images       %,d, %d labels", m.images(), m.classes()));
    lines.add(
        Phrase.of(
            "mAP          %.4f%s",
            m.meanAveragePrecision(),
            m.meanAveragePrecisionInterval()
                .map(
                    i -> Phrase.of("   95 %% interval %.4f to %.4f (bootstrap)", i.low(), i.high()))
                .orElse("")));
    lines.add(Phrase.of("F1           %.4f micro, %.4f macro   at 0.5", m.microF1(), m.macroF1()));
    lines.add(
        Phrase.of(
            "exact match  %.4f   95 %% interval %.4f to %.4f (Wilson)",
            m.accuracy(), m.accuracyInterval().low(), m.accuracyInterval().high()));
    lines.add(
        Phrase.of("loss         %.4f   mean binary cross-entropy of a label, in nats", m.loss()));
    lines.add("");
    perClass(lines, m);
    if (!m.unseen().isEmpty()) {
      lines.add("");
      lines.add("in no mean, because no image has them: " + String.join(", ", m.unseen()));
    }
    return lines;
  }

  private static void perClass(List<String> lines, MultiLabelMeasures m) {
    TextTable table =
        new TextTable()
            .texts("label")
            .numbers("%.4f", "AP", "precision", "recall", "F1")
            .numbers("%,d", "images");
    for (LabelMeasure c : m.perClass()) {
      Object ap = c.averagePrecision().isPresent() ? c.averagePrecision() : "-";
      table.row(MeasuresText.cut(c.label()), ap, c.precision(), c.recall(), c.f1(), c.images());
    }
    lines.addAll(table.lines());
  }
}
