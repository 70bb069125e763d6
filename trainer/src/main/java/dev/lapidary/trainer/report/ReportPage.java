package dev.lapidary.trainer.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.trainer.report.LineChart.Mark;
import dev.lapidary.trainer.report.LineChart.Point;
import dev.lapidary.trainer.report.LineChart.Scale;
import dev.lapidary.trainer.report.LineChart.Series;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * {@code report.html}: one file that opens offline, in HTML (WHATWG) with inline CSS, SVG and PNG;
 * no script, nothing to load.
 */
public final class ReportPage {
  private ReportPage() {}

  public static String of(RunReport run) {
    StringBuilder page = new StringBuilder();
    head(page, run);
    page.append("<body>\n<header>\n<h1>").append(Html.escape(run.name())).append("</h1>\n");
    page.append("<p class='soft'>").append(Html.escape(run.architecture()));
    page.append(" fine-tuned from ").append(Html.escape(run.weights())).append(" · ");
    page.append(Html.escape(run.state())).append("</p>\n");
    navigation(page, run);
    page.append("</header>\n<main>\n");
    tiles(page, run);
    Overfitting.last(run.epochs())
        .ifPresent(w -> page.append("<p class='warning'>").append(Html.escape(w)).append("</p>\n"));
    curves(page, run);
    run.measured().forEach(measured -> page.append(MeasuredSection.of(measured)));
    page.append(PlanSection.of(run.stages()));
    page.append(AuditSection.of(run.audit()));
    identity(page, run);
    return page.append("</main>\n</body>\n</html>\n").toString();
  }

  private static void head(StringBuilder page, RunReport run) {
    page.append("<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
    page.append("<meta name='viewport' content='width=device-width, initial-scale=1'>\n");
    page.append("<title>").append(Html.escape(run.name())).append(" · training report</title>\n");
    page.append("<style>\n").append(style()).append("</style>\n</head>\n");
  }

  private static void navigation(StringBuilder page, RunReport run) {
    page.append("<nav aria-label='Sections'><a href='#curves'>Curves</a>");
    for (RunReport.Measured measured : run.measured()) {
      String title = Html.escape(measured.title());
      page.append("<a href='#").append(title).append("'>").append(title).append("</a>");
    }
    page.append("<a href='#plan'>Plan</a><a href='#data'>Data</a>");
    page.append("<a href='#identity'>Identity</a></nav>\n");
  }

  private static void tiles(StringBuilder page, RunReport run) {
    page.append("<ul class='tiles'>\n");
    for (RunReport.Measured measured : run.measured()) {
      String title = Html.escape(measured.title());
      if (measured.measures() instanceof MultiLabelMeasures several) {
        tiles(page, title, several);
      } else {
        tiles(page, title, (SingleLabelMeasures) measured.measures());
      }
    }
    run.best()
        .ifPresent(
            best -> {
              String images = Html.count(run.audit().trainImages());
              tile(page, "Epoch " + best.epoch(), "the best of " + run.epochs().size());
              String labels =
                  run.audit().labels().size() + (run.isMultiLabel() ? " labels" : " classes");
              tile(page, images, "training images of " + labels);
            });
    page.append("</ul>\n");
  }

  private static void tiles(StringBuilder page, String title, SingleLabelMeasures m) {
    tile(
        page,
        Html.percent(m.accuracy()),
        title + " accuracy, 95&nbsp;% interval " + range(m.accuracyInterval()));
    String calibration = "calibration error " + Html.number(m.calibrationError());
    tile(page, Html.number(m.loss()), title + " loss, " + calibration);
  }

  private static void tiles(StringBuilder page, String title, MultiLabelMeasures m) {
    String range =
        m.meanAveragePrecisionInterval()
            .map(interval -> ", 95&nbsp;% interval " + range(interval))
            .orElse("");
    tile(page, Html.percent(m.meanAveragePrecision()), title + " mAP" + range);
    tile(
        page,
        Html.percent(m.accuracy()),
        title + " images with all labels right, 95&nbsp;% interval " + range(m.accuracyInterval()));
  }

  private static String range(Interval interval) {
    return Html.percent(interval.low()) + " to " + Html.percent(interval.high());
  }

  private static void tile(StringBuilder page, String value, String words) {
    page.append("<li><b>").append(value).append("</b><span>").append(words);
    page.append("</span></li>\n");
  }

  private static void curves(StringBuilder page, RunReport run) {
    page.append("<h2 id='curves'>Curves</h2>\n<div class='charts'>\n");
    List<Mark> marks = new ArrayList<>();
    run.best().ifPresent(best -> marks.add(new Mark(best.epoch(), "best")));
    page.append(chart("Loss", run, marks, EpochMetrics::trainLoss, EpochMetrics::valLoss));
    String exact = run.isMultiLabel() ? "Images with all labels right" : "Accuracy";
    page.append(chart(exact, run, marks, EpochMetrics::trainAccuracy, EpochMetrics::valAccuracy));
    if (run.isMultiLabel()) {
      List<Series> series = List.of(series("validation", run, m -> m.valMap().orElse(0.0)));
      page.append(new LineChart("mAP", "epoch", Scale.LINEAR, series, marks).html());
    }
    page.append(rates(run.stages()).html());
    page.append("</div>\n");
    EpochTable.of(page, run);
  }

  private static String chart(
      String title,
      RunReport run,
      List<Mark> marks,
      ToDoubleFunction<EpochMetrics> train,
      ToDoubleFunction<EpochMetrics> validation) {
    List<Series> both =
        List.of(series("training", run, train), series("validation", run, validation));
    return new LineChart(title, "epoch", Scale.LINEAR, both, marks).html();
  }

  private static Series series(String name, RunReport run, ToDoubleFunction<EpochMetrics> value) {
    return new Series(
        name,
        run.epochs().stream()
            .map(m -> new Point((double) m.epoch(), value.applyAsDouble(m)))
            .toList());
  }

  /** Of each rate that the plan has, over the whole run. */
  static LineChart rates(List<StagePlan> stages) {
    TreeMap<String, List<Point>> lines = new TreeMap<>();
    List<Mark> marks = new ArrayList<>();
    long before = 0;
    for (StagePlan stage : stages) {
      if (stages.size() > 1) {
        marks.add(new Mark((double) before, stage.name()));
      }
      for (RateGroup group : RateGroup.of(stage)) {
        List<Point> line = lines.computeIfAbsent(group.name(), name -> new ArrayList<>());
        for (int i = 0; i < stage.steps().size(); i++) {
          double rate = group.rate() * stage.factors().get(i);
          line.add(new Point((double) (before + stage.steps().get(i)), rate));
        }
      }
      before += stage.epochs() * stage.stepsPerEpoch();
    }
    List<Series> all = new ArrayList<>();
    lines.forEach((name, points) -> all.add(new Series(name, points)));
    return new LineChart("Learning rates, as planned", "step", Scale.LINEAR, all, marks);
  }

  private static void identity(StringBuilder page, RunReport run) {
    page.append("<h2 id='identity'>Identity</h2>\n<table>\n");
    row(page, "run", run.runId());
    row(page, "data", run.audit().manifestSha256());
    row(page, "weights", run.weights());
    row(page, "libtorch", run.libtorch());
    page.append("</table>\n<p class='soft'>The run's hash is that of its resolved configuration, ");
    page.append("its data and its first weights. Equal runs give equal files; times are in ");
    page.append("timing.jsonl, the whole configuration in run.yaml, beside this page.</p>\n");
  }

  private static void row(StringBuilder page, String name, String value) {
    page.append("<tr><th scope='row'>").append(name).append("</th><td class='text mono'>");
    page.append(Html.escape(value)).append("</td></tr>\n");
  }

  private static String style() {
    try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
      return new String(Optional.ofNullable(css).orElseThrow().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
