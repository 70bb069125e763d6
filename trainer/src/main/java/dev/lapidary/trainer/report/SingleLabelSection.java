package dev.lapidary.trainer.report;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import dev.lapidary.trainer.report.SingleLabelMeasures.Bin;
import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.ArrayList;
import java.util.List;

/** The page's part about one set of images of one class each. */
final class SingleLabelSection {
  /** A wider matrix is no longer read; then the most frequent mistakes are listed alone. */
  private static final int MATRIX_CLASSES = 30;

  private static final int MISTAKES = 30;
  private static final int OPEN_CLASSES = 40;
  private static final Html OPEN = new Html(" open='open'");

  private SingleLabelSection() {}

  /** Behind the number of images and the note. */
  static Html of(SingleLabelMeasures m) {
    boolean small = m.classes() <= MATRIX_CLASSES;
    return Html.of(
        """
        : accuracy {}{}, loss {}.</p>
        {}{}<details{}><summary>Each class</summary>
        {}</details>
        <details><summary>Calibration: how often is it right when it is sure?</summary>
        <p>Expected calibration error {}: the mean distance of confidence and accuracy.</p>
        {}</details>
        """,
        Html.percent(m.accuracy()),
        m.top5().map(top -> Html.of(", top-5 {}", Html.percent(top))).orElse(Html.NONE),
        Html.number(m.loss()),
        small ? matrix(m) : Html.NONE,
        mistakes(m, small ? Html.NONE : OPEN),
        m.classes() <= OPEN_CLASSES ? OPEN : Html.NONE,
        perClass(m).scrolling(),
        Html.number(m.calibrationError()),
        calibration(m).html());
  }

  private static Html matrix(SingleLabelMeasures m) {
    List<Html> heads = new ArrayList<>();
    List<Html> rows = new ArrayList<>();
    for (int c = 0; c < m.classes(); c++) {
      ClassMeasure own = m.perClass().get(c);
      heads.add(Html.of("<th scope='col'>{}</th>", own.label()));
      List<Html> cells = new ArrayList<>();
      for (int p = 0; p < m.classes(); p++) {
        cells.add(cell(m.confusion().get(c).get(p), own.images(), c == p));
      }
      rows.add(Html.of("<tr><th scope='row'>{}</th>{}</tr>\n", own.label(), Html.join(cells)));
    }
    return Html.of(
        """
        <div class='scroll'><table class='matrix'><caption>Confusion matrix: a row a class, a column\
         a prediction</caption>
        <thead><tr><td></td>{}</tr></thead><tbody>
        {}</tbody></table></div>
        """,
        Html.join(heads),
        Html.join(rows));
  }

  private static Html cell(int count, int images, boolean isHit) {
    double share = images == 0 ? 0 : (double) count / images;
    // At most this dark, so that the number on it stays readable in both themes.
    String shade = Phrase.of("%.2f", 0.08 + 0.37 * share);
    return Html.of(
        "<td{}{}>{}</td>",
        new Html(isHit ? " class='hit'" : ""),
        count > 0 ? Html.of(" style='background:rgba(var(--heat),{})'", shade) : Html.NONE,
        count == 0 ? "" : Html.count(count));
  }

  private static Html mistakes(SingleLabelMeasures m, Html open) {
    List<Confusions.Mistaken> pairs = Confusions.of(m, MISTAKES);
    if (pairs.isEmpty()) {
      return new Html("<p>No image was mistaken.</p>\n");
    }
    HtmlTable table =
        new HtmlTable().numbers("images").texts("of class", "taken for").numbers("share");
    for (Confusions.Mistaken pair : pairs) {
      table.row(
          Html.count(pair.images()), pair.label(), pair.predicted(), Html.percent(pair.share()));
    }
    return Html.of(
        "<details{}><summary>Most frequent mistakes</summary>\n{}</details>\n", open, table.html());
  }

  private static HtmlTable perClass(SingleLabelMeasures m) {
    HtmlTable table =
        new HtmlTable().rowHead("class").numbers("precision", "recall", "F1", "images");
    for (ClassMeasure c : m.perClass()) {
      classRow(table, c.label(), c.precision(), c.recall(), c.f1(), c.images());
    }
    String mean = "mean of the classes";
    classRow(table, mean, m.macroPrecision(), m.macroRecall(), m.macroF1(), m.images());
    return table;
  }

  private static void classRow(
      HtmlTable table, String name, double precision, double recall, double f1, int images) {
    table.row(
        name, Html.number(precision), Html.number(recall), Html.number(f1), Html.count(images));
  }

  private static HtmlTable calibration(SingleLabelMeasures m) {
    HtmlTable table =
        new HtmlTable().numbers("confidence", "images", "mean confidence", "accuracy");
    for (Bin bin : m.calibration()) {
      table.row(
          "%s to %s".formatted(Html.number(bin.from()), Html.number(bin.to())),
          Html.count(bin.images()),
          Html.number(bin.confidence()),
          Html.number(bin.accuracy()));
    }
    return table;
  }
}
