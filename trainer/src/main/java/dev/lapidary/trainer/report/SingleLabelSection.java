package dev.lapidary.trainer.report;

import dev.lapidary.trainer.report.SingleLabelMeasures.Bin;
import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.List;
import java.util.Locale;

/** The page's part about one set of images of one class each. */
final class SingleLabelSection {
  /** A wider matrix is no longer read; then the most frequent mistakes are listed alone. */
  private static final int MATRIX_CLASSES = 30;

  private static final int MISTAKES = 30;
  private static final int OPEN_CLASSES = 40;

  private SingleLabelSection() {}

  /** Behind the number of images and the note. */
  static void of(StringBuilder out, SingleLabelMeasures m) {
    out.append(": accuracy ").append(Html.percent(m.accuracy()));
    m.top5().ifPresent(top -> out.append(", top-5 ").append(Html.percent(top)));
    out.append(", loss ").append(Html.number(m.loss())).append(".</p>\n");
    if (m.classes() <= MATRIX_CLASSES) {
      matrix(out, m);
    }
    mistakes(out, m);
    perClass(out, m);
    calibration(out, m);
  }

  private static void matrix(StringBuilder out, SingleLabelMeasures m) {
    out.append("<div class='scroll'><table class='matrix'><caption>Confusion matrix: a row a ");
    out.append("class, a column a prediction</caption>\n<thead><tr><td></td>");
    for (ClassMeasure c : m.perClass()) {
      out.append("<th scope='col'>").append(Html.escape(c.label())).append("</th>");
    }
    out.append("</tr></thead><tbody>\n");
    for (int c = 0; c < m.classes(); c++) {
      ClassMeasure own = m.perClass().get(c);
      out.append("<tr><th scope='row'>").append(Html.escape(own.label())).append("</th>");
      for (int p = 0; p < m.classes(); p++) {
        int count = m.confusion().get(c).get(p);
        double share = own.images() == 0 ? 0 : (double) count / own.images();
        out.append(c == p ? "<td class='hit'" : "<td");
        if (count > 0) {
          // At most this dark, so that the number on it stays readable in both themes.
          double shade = 0.08 + 0.37 * share;
          out.append(
              String.format(Locale.ROOT, " style='background:rgba(var(--heat),%.2f)'", shade));
        }
        out.append(">").append(count == 0 ? "" : Html.count(count)).append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private static void mistakes(StringBuilder out, SingleLabelMeasures m) {
    List<Confusions.Mistaken> pairs = Confusions.of(m).first(MISTAKES);
    if (pairs.isEmpty()) {
      out.append("<p>No image was mistaken.</p>\n");
      return;
    }
    out.append("<details").append(m.classes() <= MATRIX_CLASSES ? "" : " open='open'");
    out.append("><summary>Most frequent mistakes</summary>\n<table><thead><tr>");
    out.append("<th>images</th><th class='text'>of class</th><th class='text'>taken for</th>");
    out.append("<th>share</th></tr></thead><tbody>\n");
    for (Confusions.Mistaken pair : pairs) {
      out.append("<tr><td>").append(Html.count(pair.images())).append("</td><td class='text'>");
      out.append(Html.escape(pair.label())).append("</td><td class='text'>");
      out.append(Html.escape(pair.predicted())).append("</td><td>");
      out.append(Html.percent(pair.share())).append("</td></tr>\n");
    }
    out.append("</tbody></table></details>\n");
  }

  private static void perClass(StringBuilder out, SingleLabelMeasures m) {
    out.append("<details").append(m.classes() <= OPEN_CLASSES ? " open='open'" : "");
    out.append("><summary>Each class</summary>\n<div class='scroll'><table><thead><tr>");
    out.append("<th class='text'>class</th><th>precision</th><th>recall</th><th>F1</th>");
    out.append("<th>images</th></tr></thead><tbody>\n");
    for (ClassMeasure c : m.perClass()) {
      classRow(out, Html.escape(c.label()), c.precision(), c.recall(), c.f1(), c.images());
    }
    classRow(
        out, "mean of the classes", m.macroPrecision(), m.macroRecall(), m.macroF1(), m.images());
    out.append("</tbody></table></div></details>\n");
  }

  private static void classRow(
      StringBuilder out, String name, double precision, double recall, double f1, int images) {
    out.append("<tr><th scope='row'>").append(name).append("</th><td>");
    out.append(Html.number(precision)).append("</td><td>").append(Html.number(recall));
    out.append("</td><td>").append(Html.number(f1)).append("</td><td>");
    out.append(Html.count(images)).append("</td></tr>\n");
  }

  private static void calibration(StringBuilder out, SingleLabelMeasures m) {
    out.append("<details><summary>Calibration: how often is it right when it is sure?</summary>\n");
    out.append("<p>Expected calibration error ").append(Html.number(m.calibrationError()));
    out.append(": the mean distance of confidence and accuracy.</p>\n<table><thead><tr>");
    out.append("<th>confidence</th><th>images</th><th>mean confidence</th><th>accuracy</th>");
    out.append("</tr></thead><tbody>\n");
    for (Bin bin : m.calibration()) {
      out.append("<tr><td>").append(Html.number(bin.from())).append(" to ");
      out.append(Html.number(bin.to())).append("</td><td>").append(Html.count(bin.images()));
      out.append("</td><td>").append(Html.number(bin.confidence())).append("</td><td>");
      out.append(Html.number(bin.accuracy())).append("</td></tr>\n");
    }
    out.append("</tbody></table></details>\n");
  }
}
