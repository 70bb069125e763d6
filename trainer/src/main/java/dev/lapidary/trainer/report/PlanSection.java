package dev.lapidary.trainer.report;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import java.util.List;

/** The plan's part of the page. */
final class PlanSection {
  private PlanSection() {}

  static Html of(List<StagePlan> stages) {
    return Html.of(
        "<h2 id='plan'>Plan</h2>\n{}", Html.join(stages.stream().map(PlanSection::stage).toList()));
  }

  private static Html stage(StagePlan stage) {
    HtmlTable groups =
        new HtmlTable()
            .rowHead("part")
            .numbers("tensors", "parameters")
            .texts("trained")
            .numbers("highest rate", "decay")
            .texts("BatchNorm", "weights");
    for (StagePlan.Group group : stage.groups()) {
      boolean trained = group.trained();
      groups.row(
          group.name(),
          group.tensors(),
          Html.count(group.parameters()),
          trained ? "yes" : "frozen",
          trained ? Html.rate(group.rate() * stage.topFactor()) : "",
          trained ? Html.rate(group.weightDecay()) : "",
          group.batchNorm(),
          group.origin());
    }
    return Html.of(
        "<h3>Stage {}</h3>\n<p>{}</p>\n{}\n",
        stage.name(),
        PlanText.summary(stage),
        groups.scrolling());
  }
}
