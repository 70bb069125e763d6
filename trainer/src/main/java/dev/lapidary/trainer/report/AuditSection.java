package dev.lapidary.trainer.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The data's part of the page. */
final class AuditSection {
  private static final int LISTED = 100;
  private static final int SIZES = 12;

  private AuditSection() {}

  static String of(DataAudit audit) {
    StringBuilder out = new StringBuilder("<h2 id='data'>Data</h2>\n<div class='scroll'>");
    String what = audit.hasSeveralLabels() ? "label" : "class";
    out.append("<table><thead><tr><th class='text'>").append(what).append("</th><th>training</th>");
    out.append("<th>validation</th>");
    out.append(audit.test().isPresent() ? "<th>test</th>" : "").append("</tr></thead><tbody>\n");
    for (int c = 0; c < audit.labels().size(); c++) {
      row(out, audit.labels().get(c), audit, c);
    }
    audit.multiLabel().ifPresent(images -> unlabelled(out, images));
    out.append("<tr><th scope='row'>all").append(audit.hasSeveralLabels() ? " images" : "");
    out.append("</th><td>").append(Html.count(audit.trainImages())).append("</td><td>");
    out.append(Html.count(audit.validationImages())).append("</td>");
    audit.testImages().ifPresent(n -> out.append("<td>").append(Html.count(n)).append("</td>"));
    out.append("</tr>\n</tbody></table></div>\n");
    sizes(out, audit.sizes());
    list(out, audit.skipped(), "bad images were left out");
    list(out, audit.duplicates(), "images are trained on and measured with");
    return out.toString();
  }

  private static void row(StringBuilder out, String label, DataAudit audit, int c) {
    out.append("<tr><th scope='row'>").append(Html.escape(label)).append("</th><td>");
    out.append(Html.count(audit.train().get(c))).append("</td><td>");
    out.append(Html.count(audit.validation().get(c))).append("</td>");
    audit
        .test()
        .ifPresent(test -> out.append("<td>").append(Html.count(test.get(c))).append("</td>"));
    out.append("</tr>\n");
  }

  private static void unlabelled(StringBuilder out, DataAudit.MultiLabel images) {
    out.append("<tr><th scope='row'>none of them</th><td>");
    out.append(Html.count(images.train().unlabelled())).append("</td><td>");
    out.append(Html.count(images.validation().unlabelled())).append("</td>");
    images
        .test()
        .ifPresent(t -> out.append("<td>").append(Html.count(t.unlabelled())).append("</td>"));
    out.append("</tr>\n");
  }

  private static void sizes(StringBuilder out, Map<String, Integer> sizes) {
    List<Map.Entry<String, Integer>> most =
        sizes.entrySet().stream()
            .sorted(
                Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .toList();
    out.append("<p>Sizes of the training images: ");
    for (int i = 0; i < Math.min(SIZES, most.size()); i++) {
      out.append(i > 0 ? ", " : "").append(Html.escape(most.get(i).getKey())).append(" (");
      out.append(Html.count(most.get(i).getValue())).append(")");
    }
    out.append(most.size() > SIZES ? " and " + (most.size() - SIZES) + " more" : "");
    out.append(".</p>\n");
  }

  /** Nothing to report is said too: it was looked for. */
  private static void list(StringBuilder out, List<String> items, String what) {
    if (items.isEmpty()) {
      out.append("<p>No ").append(what).append(".</p>\n");
      return;
    }
    out.append("<details open='open'><summary>").append(Html.count(items.size())).append(" ");
    out.append(what).append("</summary>\n<ul class='mono'>\n");
    for (String item : items.subList(0, Math.min(LISTED, items.size()))) {
      out.append("<li>").append(Html.escape(item)).append("</li>\n");
    }
    if (items.size() > LISTED) {
      out.append("<li>and ").append(items.size() - LISTED).append(" more</li>\n");
    }
    out.append("</ul></details>\n");
  }
}
