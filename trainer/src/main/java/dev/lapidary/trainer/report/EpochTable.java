package dev.lapidary.trainer.report;

import java.util.ArrayList;
import java.util.List;

/** The page's table of epochs. */
final class EpochTable {
  private EpochTable() {}

  static void of(StringBuilder page, RunReport run) {
    String exact = run.isMultiLabel() ? "exact" : "accuracy";
    page.append("<details><summary>The numbers of each epoch</summary>\n<div class='scroll'>");
    page.append("<table><thead><tr><th>epoch</th><th class='text'>stage</th><th>step</th>");
    page.append("<th>rate</th><th>train loss</th><th>train ").append(exact);
    page.append("</th><th>val loss</th><th>val ").append(exact).append("</th>");
    if (run.isMultiLabel()) {
      page.append("<th>val mAP</th><th>val F1, micro</th><th>val F1, macro</th>");
    }
    page.append("<th class='text'>best</th></tr></thead><tbody>\n");
    for (EpochMetrics m : run.epochs()) {
      page.append("<tr><td>").append(m.epoch()).append("</td><td class='text'>");
      page.append(Html.escape(m.stage()));
      cells(m).forEach(cell -> page.append("</td><td>").append(cell));
      page.append("</td><td class='text'>").append(m.best() ? "yes" : "").append("</td></tr>\n");
    }
    page.append("</tbody></table></div></details>\n");
  }

  private static List<String> cells(EpochMetrics m) {
    List<String> cells = new ArrayList<>();
    cells.add(Html.count(m.step()));
    cells.add(Html.rate(m.lr()));
    cells.add(Html.number(m.trainLoss()));
    cells.add(Html.percent(m.trainAccuracy()));
    cells.add(Html.number(m.valLoss()));
    cells.add(Html.percent(m.valAccuracy()));
    m.valMap().map(Html::percent).ifPresent(cells::add);
    m.valMicroF1().map(Html::percent).ifPresent(cells::add);
    m.valMacroF1().map(Html::percent).ifPresent(cells::add);
    return cells;
  }
}
