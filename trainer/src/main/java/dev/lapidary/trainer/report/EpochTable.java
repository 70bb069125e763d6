package dev.lapidary.trainer.report;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import java.util.ArrayList;
import java.util.List;

/** The page's table of epochs. */
final class EpochTable {
  private EpochTable() {}

  static Html of(RunReport run) {
    String exact = run.isMultiLabel() ? "exact" : "accuracy";
    HtmlTable table =
        new HtmlTable()
            .numbers("epoch")
            .texts("stage")
            .numbers("step", "rate", "train loss", "train " + exact, "val loss", "val " + exact);
    boolean balanced = run.epochs().stream().anyMatch(m -> m.valBalancedAccuracy().isPresent());
    if (balanced) {
      table.numbers("val balanced accuracy");
    }
    if (run.isMultiLabel()) {
      table.numbers("val mAP", "val F1, micro", "val F1, macro");
    }
    table.texts("best");
    for (EpochMetrics m : run.epochs()) {
      table.row(cells(m, run.isMultiLabel(), balanced));
    }
    return Html.of(
        "<details><summary>The numbers of each epoch</summary>\n{}</details>\n", table.scrolling());
  }

  private static Object[] cells(EpochMetrics m, boolean isMultiLabel, boolean balanced) {
    List<Object> cells = new ArrayList<>();
    cells.add(m.epoch());
    cells.add(m.stage());
    cells.add(Html.count(m.step()));
    cells.add(Html.rate(m.lr()));
    cells.add(Html.number(m.trainLoss()));
    cells.add(Html.percent(m.trainAccuracy()));
    cells.add(Html.number(m.valLoss()));
    cells.add(Html.percent(m.valAccuracy()));
    if (balanced) {
      cells.add(m.valBalancedAccuracy().map(Html::percent));
    }
    if (isMultiLabel) {
      cells.add(m.valMap().map(Html::percent));
      cells.add(m.valMicroF1().map(Html::percent));
      cells.add(m.valMacroF1().map(Html::percent));
    }
    cells.add(m.best() ? "yes" : "");
    return cells.toArray();
  }
}
