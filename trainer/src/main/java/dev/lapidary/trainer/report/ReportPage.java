package dev.lapidary.trainer.report;

import dev.lapidary.core.page.Html;
import dev.lapidary.core.page.LineChart;
import dev.lapidary.core.page.LineChart.Mark;
import dev.lapidary.core.page.LineChart.Point;
import dev.lapidary.core.page.LineChart.Scale;
import dev.lapidary.core.page.LineChart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * {@code report.html}: one file that opens offline, in HTML (WHATWG) with inline CSS, SVG and PNG;
 * no script, nothing to load.
 */
public final class ReportPage {
  private ReportPage() {}

  public static String of(RunReport run) {
    Html header =
        Html.of(
            """
            <h1>{}</h1>
            <p class='soft'>{} fine-tuned from {} · {}</p>
            <nav aria-label='Sections'><a href='#curves'>Curves</a>{}<a href='#plan'>Plan</a>\
            <a href='#data'>Data</a><a href='#identity'>Identity</a></nav>
            """,
            run.name(),
            run.architecture(),
            run.weights(),
            run.state(),
            each(run.measured(), m -> Html.of("<a href='#{}'>{}</a>", m.title(), m.title())));
    Html main =
        Html.of(
            "<ul class='tiles'>\n{}</ul>\n{}{}{}{}{}{}{}",
            tiles(run),
            Overfitting.last(run.epochs())
                .map(warning -> Html.of("<p class='warning'>{}</p>\n", warning))
                .orElse(Html.NONE),
            curves(run),
            each(run.measured(), MeasuredSection::of),
            views(run.views()),
            PlanSection.of(run.stages()),
            AuditSection.of(run.audit()),
            identity(run));
    return Html.page(run.name() + " · training report", header, main);
  }

  private static <T> Html each(List<T> things, Function<T, Html> piece) {
    return Html.join(things.stream().map(piece).toList());
  }

  private static Html tiles(RunReport run) {
    List<Html> tiles = new ArrayList<>();
    for (RunReport.Measured measured : run.measured()) {
      tiles.add(
          measured.measures() instanceof MultiLabelMeasures several
              ? tiles(measured.title(), several)
              : tiles(measured.title(), (SingleLabelMeasures) measured.measures()));
    }
    run.best()
        .ifPresent(
            best -> {
              tiles.add(tile("Epoch " + best.epoch(), "the best of " + run.epochs().size()));
              String labels = run.isMultiLabel() ? "labels" : "classes";
              tiles.add(
                  tile(
                      Html.count(run.audit().trainImages()),
                      "training images of %d %s".formatted(run.audit().labels().size(), labels)));
            });
    return Html.join(tiles);
  }

  private static Html tiles(String title, SingleLabelMeasures m) {
    String calibration = Html.number(m.calibrationError());
    return Html.join(
        tile(
            Html.percent(m.accuracy()),
            Html.of(
                "{} accuracy, 95&nbsp;% interval {}",
                title, Html.percents(m.accuracyInterval().low(), m.accuracyInterval().high()))),
        tile(Html.number(m.loss()), "%s loss, calibration error %s".formatted(title, calibration)));
  }

  private static Html tiles(String title, MultiLabelMeasures m) {
    Html range =
        m.meanAveragePrecisionInterval()
            .map(
                interval ->
                    Html.of(
                        ", 95&nbsp;% interval {}", Html.percents(interval.low(), interval.high())))
            .orElse(Html.NONE);
    return Html.join(
        tile(Html.percent(m.meanAveragePrecision()), Html.of("{} mAP{}", title, range)),
        tile(
            Html.percent(m.accuracy()),
            Html.of(
                "{} images with all labels right, 95&nbsp;% interval {}",
                title, Html.percents(m.accuracyInterval().low(), m.accuracyInterval().high()))));
  }

  private static Html tile(Object value, Object words) {
    return Html.of("<li><b>{}</b><span>{}</span></li>\n", value, words);
  }

  private static Html curves(RunReport run) {
    List<Mark> marks = new ArrayList<>();
    run.best().ifPresent(best -> marks.add(new Mark(best.epoch(), "best")));
    List<String> charts = new ArrayList<>();
    charts.add(chart("Loss", run, marks, EpochMetrics::trainLoss, EpochMetrics::valLoss));
    String exact = run.isMultiLabel() ? "Images with all labels right" : "Accuracy";
    charts.add(chart(exact, run, marks, EpochMetrics::trainAccuracy, EpochMetrics::valAccuracy));
    if (run.isMultiLabel()) {
      List<Series> series =
          List.of(EpochMetrics.curve("validation", run.epochs(), m -> m.valMap().orElse(0.0)));
      charts.add(new LineChart("mAP", "epoch", Scale.LINEAR, series, marks).html());
    }
    charts.add(rates(run.stages()).html());
    return Html.of(
        "<h2 id='curves'>Curves</h2>\n<div class='charts'>\n{}</div>\n{}",
        each(charts, Html::new),
        EpochTable.of(run));
  }

  private static String chart(
      String title,
      RunReport run,
      List<Mark> marks,
      ToDoubleFunction<EpochMetrics> train,
      ToDoubleFunction<EpochMetrics> validation) {
    List<Series> both =
        List.of(
            EpochMetrics.curve("training", run.epochs(), train),
            EpochMetrics.curve("validation", run.epochs(), validation));
    return new LineChart(title, "epoch", Scale.LINEAR, both, marks).html();
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

  private static Html views(List<RunReport.Views> views) {
    if (views.isEmpty()) {
      return Html.NONE;
    }
    return Html.of(
        "<h2 id='views'>What training sees</h2>\n<p>A row a training image: as in evaluation, then"
            + " changed at random as in each epoch.</p>\n{}",
        each(
            views,
            row ->
                Html.of(
                    "<ul class='gallery'>\n{}</ul>\n",
                    each(row.pictures(), picture -> view(picture, row.image())))));
  }

  private static Html view(Thumbnail picture, String image) {
    return Html.of(
        "<li><img{} alt='{}' src='{}'></li>\n",
        new Html(picture.small() ? " class='small'" : ""),
        image,
        picture.dataUri());
  }

  private static Html identity(RunReport run) {
    return Html.of(
        """
        <h2 id='identity'>Identity</h2>
        <table>
        {}{}{}{}</table>
        <p class='soft'>The run's hash is that of its resolved configuration, its data and its first\
         weights. Equal runs give equal files; times are in timing.jsonl, the whole configuration in\
         run.yaml, beside this page.</p>
        """,
        row("run", run.runId()),
        row("data", run.audit().manifestSha256()),
        row("weights", run.weights()),
        row("libtorch", run.libtorch()));
  }

  private static Html row(String name, String value) {
    return Html.of("<tr><th scope='row'>{}</th><td class='text mono'>{}</td></tr>\n", name, value);
  }
}
