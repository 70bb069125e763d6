package dev.lapidary.trainer.report;

import dev.lapidary.trainer.report.MultiLabelMeasures.LabelMeasure;

/** The page's part about one set of images of any number of labels each. */
final class MultiLabelSection {
  private static final int OPEN_LABELS = 40;

  private MultiLabelSection() {}

  /** Behind the number of images and the note. */
  static void of(StringBuilder out, MultiLabelMeasures m) {
    out.append(": mAP ").append(Html.percent(m.meanAveragePrecision()));
    out.append(", F1 ").append(Html.percent(m.microF1())).append(" micro and ");
    out.append(Html.percent(m.macroF1())).append(" macro at a score of 0.5, all labels right for ");
    out.append(Html.percent(m.accuracy())).append(" of the images, loss ");
    out.append(Html.number(m.loss())).append(".</p>\n");
    perClass(out, m);
    if (!m.unseen().isEmpty()) {
      out.append("<p>In no mean, because no image has them: ");
      out.append(Html.escape(String.join(", ", m.unseen()))).append(".</p>\n");
    }
  }

  private static void perClass(StringBuilder out, MultiLabelMeasures m) {
    out.append("<details").append(m.classes() <= OPEN_LABELS ? " open='open'" : "");
    out.append("><summary>Each label</summary>\n<div class='scroll'><table><thead><tr>");
    out.append("<th class='text'>label</th><th>average precision</th><th>precision</th>");
    out.append("<th>recall</th><th>F1</th><th>images</th></tr></thead><tbody>\n");
    for (LabelMeasure c : m.perClass()) {
      out.append("<tr><th scope='row'>").append(Html.escape(c.label())).append("</th><td>");
      out.append(c.averagePrecision().map(Html::number).orElse("")).append("</td><td>");
      out.append(Html.number(c.precision())).append("</td><td>").append(Html.number(c.recall()));
      out.append("</td><td>").append(Html.number(c.f1())).append("</td><td>");
      out.append(Html.count(c.images())).append("</td></tr>\n");
    }
    out.append("</tbody></table></div></details>\n");
  }
}
