package dev.lapidary.trainer.report;

import java.util.List;

/** The plan's part of the page. */
final class PlanSection {
  private PlanSection() {}

  static String of(List<StagePlan> stages) {
    StringBuilder out = new StringBuilder("<h2 id='plan'>Plan</h2>\n");
    for (StagePlan stage : stages) {
      out.append("<h3>Stage ").append(Html.escape(stage.name())).append("</h3>\n<p>");
      out.append(Html.escape(PlanText.summary(stage))).append("</p>\n");
      groups(out, stage);
    }
    return out.toString();
  }

  private static void groups(StringBuilder out, StagePlan stage) {
    out.append("<div class='scroll'><table><thead><tr><th class='text'>part</th><th>tensors</th>");
    out.append("<th>parameters</th><th class='text'>trained</th><th>highest rate</th>");
    out.append("<th>decay</th><th class='text'>BatchNorm</th><th class='text'>weights</th>");
    out.append("</tr></thead><tbody>\n");
    for (StagePlan.Group group : stage.groups()) {
      out.append("<tr><th scope='row'>").append(Html.escape(group.name())).append("</th><td>");
      out.append(group.tensors()).append("</td><td>").append(Html.count(group.parameters()));
      out.append("</td><td class='text'>").append(group.trained() ? "yes" : "frozen");
      out.append("</td><td>");
      out.append(group.trained() ? Html.rate(group.rate() * stage.topFactor()) : "");
      out.append("</td><td>").append(group.trained() ? Html.rate(group.weightDecay()) : "");
      out.append("</td><td class='text'>").append(group.batchNorm());
      out.append("</td><td class='text'>").append(group.origin()).append("</td></tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }
}
