package dev.lapidary.trainer.report;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.HtmlTable;
import dev.lapidary.core.page.LineChart;
import dev.lapidary.core.page.LineChart.Scale;
import dev.lapidary.core.page.LineChart.Series;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Runs side by side: one HTML file that opens offline, and the same as a table for a terminal. */
public final class ComparisonPage {
  private ComparisonPage() {}

  /**
   * @param runs in the order to show them
   */
  public static String of(String title, List<ComparedRun> runs) {
    boolean named = metrics(runs).size() > 1;
    HtmlTable table =
        new HtmlTable()
            .texts("run", "settings")
            .numbers("epochs", "best epoch", measured(runs), "validation loss", "training loss");
    for (ComparedRun run : runs) {
      Optional<EpochMetrics> best = run.best();
      table.row(
          run.name(),
          run.settings(),
          run.epochs().size(),
          best.map(EpochMetrics::epoch),
          best.map(m -> Html.of("{}{}", Html.percent(ComparedRun.score(m)), which(m, named))),
          best.map(m -> Html.number(m.valLoss())),
          best.map(m -> Html.number(m.trainLoss())));
    }
    Html main =
        Html.of(
            "{}<h2>Curves</h2>\n<div class='charts'>\n{}{}{}</div>\n",
            table.scrolling(),
            chart("Validation", runs, ComparedRun::score),
            chart("Validation loss", runs, EpochMetrics::valLoss),
            chart("Training loss", runs, EpochMetrics::trainLoss));
    return Html.page(title, Html.of("<h1>{}</h1>\n", title), main);
  }

  private static Html chart(
      String title, List<ComparedRun> runs, ToDoubleFunction<EpochMetrics> value) {
    List<Series> series =
        runs.stream().map(r -> EpochMetrics.curve(r.name(), r.epochs(), value)).toList();
    return new Html(new LineChart(title, "epoch", Scale.LINEAR, series, List.of()).html());
  }

  /** What the runs were measured by, each once. */
  private static List<String> metrics(List<ComparedRun> runs) {
    return runs.stream()
        .flatMap(run -> run.best().map(ComparedRun::metric).stream())
        .distinct()
        .toList();
  }

  /** The column's head: the metric, where all runs have the same. */
  private static String measured(List<ComparedRun> runs) {
    List<String> metrics = metrics(runs);
    return metrics.size() == 1 ? metrics.get(0) : "validation";
  }

  /** Which score it is, where they differ. */
  private static String which(EpochMetrics best, boolean named) {
    return named ? " " + ComparedRun.metric(best) : "";
  }

  /** A header and a line a run. */
  public static List<String> lines(List<ComparedRun> runs) {
    boolean named = metrics(runs).size() > 1;
    TextTable table =
        new TextTable()
            .texts("run")
            .numbers("%d", "epochs", "best epoch")
            .numbers("%s", measured(runs))
            .numbers("%.4f", "loss")
            .texts("");
    for (ComparedRun run : runs) {
      Optional<EpochMetrics> best = run.best();
      table.row(
          run.name(),
          run.epochs().size(),
          best.map(EpochMetrics::epoch),
          best.map(m -> Phrase.of("%.4f%s", ComparedRun.score(m), which(m, named)))
              .orElse("no epoch"),
          best.map(EpochMetrics::valLoss),
          run.settings());
    }
    return table.lines();
  }
}
