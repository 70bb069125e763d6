package dev.lapidary.trainer.report;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The data's part of the page. */
final class AuditSection {
  private static final int LISTED = 100;
  private static final int SIZES = 12;

  private AuditSection() {}

  static Html of(DataAudit audit) {
    return Html.of(
        """
        <h2 id='data'>Data</h2>
        {}
        <p>Sizes of the training images: {}.</p>
        {}{}{}""",
        counts(audit).scrolling(),
        sizes(audit.sizes()),
        Html.join(audit.notes().stream().map(line -> Html.of("<p>{}.</p>\n", line)).toList()),
        list(audit.skipped(), "bad images were left out"),
        list(audit.duplicates(), "images are trained on and measured with"));
  }

  private static HtmlTable counts(DataAudit audit) {
    boolean several = audit.hasSeveralLabels();
    HtmlTable table =
        new HtmlTable().rowHead(several ? "label" : "class").numbers("training", "validation");
    if (audit.test().isPresent()) {
      table.numbers("test");
    }
    for (int c = 0; c < audit.labels().size(); c++) {
      int label = c;
      row(
          table,
          audit.labels().get(c),
          audit.train().get(c),
          audit.validation().get(c),
          audit.test().map(test -> test.get(label)));
    }
    audit
        .multiLabel()
        .ifPresent(
            images ->
                row(
                    table,
                    "none of them",
                    images.train().unlabelled(),
                    images.validation().unlabelled(),
                    images.test().map(DataAudit.Part::unlabelled)));
    String all = several ? "all images" : "all";
    row(table, all, audit.trainImages(), audit.validationImages(), audit.testImages());
    return table;
  }

  private static void row(
      HtmlTable table, String name, int train, int validation, Optional<Integer> test) {
    table.row(name, Html.count(train), Html.count(validation), test.map(Html::count));
  }

  private static String sizes(Map<String, Integer> sizes) {
    String max =
        sizes.entrySet().stream()
            .sorted(
                Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(SIZES)
            .map(size -> "%s (%s)".formatted(size.getKey(), Html.count(size.getValue())))
            .collect(Collectors.joining(", "));
    return max + (sizes.size() > SIZES ? " and " + (sizes.size() - SIZES) + " more" : "");
  }

  /** Nothing to report is said too: it was looked for. */
  private static Html list(List<String> items, String what) {
    if (items.isEmpty()) {
      return Html.of("<p>No {}.</p>\n", what);
    }
    List<String> lines = new ArrayList<>(items.subList(0, Math.min(LISTED, items.size())));
    if (items.size() > LISTED) {
      lines.add("and %d more".formatted(items.size() - LISTED));
    }
    return Html.of(
        """
        <details open='open'><summary>{} {}</summary>
        <ul class='mono'>
        {}</ul></details>
        """,
        Html.count(items.size()),
        what,
        Html.join(lines.stream().map(line -> Html.of("<li>{}</li>\n", line)).toList()));
  }
}
