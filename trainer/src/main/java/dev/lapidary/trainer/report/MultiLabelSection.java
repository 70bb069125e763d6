package dev.lapidary.trainer.report;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import dev.lapidary.trainer.report.MultiLabelMeasures.LabelMeasure;

/** The page's part about one set of images of any number of labels each. */
final class MultiLabelSection {
  private static final int OPEN_LABELS = 40;

  private MultiLabelSection() {}

  /** Behind the number of images and the note. */
  static Html of(MultiLabelMeasures m) {
    return Html.of(
        """
        : mAP {}, F1 {} micro and {} macro at a score of 0.5, all labels right for {} of the images,\
         loss {}.</p>
        <details{}><summary>Each label</summary>
        {}</details>
        {}""",
        Html.percent(m.meanAveragePrecision()),
        Html.percent(m.microF1()),
        Html.percent(m.macroF1()),
        Html.percent(m.accuracy()),
        Html.number(m.loss()),
        new Html(m.classes() <= OPEN_LABELS ? " open='open'" : ""),
        perClass(m),
        m.unseen().isEmpty()
            ? Html.NONE
            : Html.of(
                "<p>In no mean, because no image has them: {}.</p>\n",
                String.join(", ", m.unseen())));
  }

  private static Html perClass(MultiLabelMeasures m) {
    HtmlTable table =
        new HtmlTable()
            .rowHead("label")
            .numbers("average precision", "precision", "recall", "F1", "images");
    for (LabelMeasure c : m.perClass()) {
      table.row(
          c.label(),
          c.averagePrecision().map(Html::number),
          Html.number(c.precision()),
          Html.number(c.recall()),
          Html.number(c.f1()),
          Html.count(c.images()));
    }
    return table.scrolling();
  }
}
