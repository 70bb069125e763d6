package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.page.LineChart;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportPageTest {
  private static final String HOSTILE = "<script>alert('x')</script> & \"y\"";

  @Test
  void whatAUserNamedNeverBecomesMarkup() {
    String page = ReportPage.of(report(List.of(HOSTILE, "b"), HOSTILE));
    assertThat(page).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;x&#39;)");
  }

  @Test
  void thePageNeedsNothingElse() {
    String page = ReportPage.of(report(List.of("a", "b"), "model"));
    assertThat(page).doesNotContain("http:", "https:", "@import", "url(", "<script", "<link");
    assertThat(Pattern.compile("(src|href)='(?!data:image/png;base64,|#)").matcher(page).find())
        .as("a reference to another file")
        .isFalse();
  }

  /** Every element is closed and every attribute quoted: it parses as XML but for three things. */
  @Test
  void thePageIsWellFormed() throws Exception {
    String page = ReportPage.of(report(List.of(HOSTILE, "b"), HOSTILE));
    String xml =
        page.replaceFirst("<!DOCTYPE html>", "")
            .replace("&nbsp;", " ")
            .replaceAll("<(meta|img|br)((?:[^>'\"]|'[^']*'|\"[^\"]*\")*)>", "<$1$2/>");
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(xml)));
    assertThat(document.getElementsByTagName("svg").getLength()).isGreaterThanOrEqualTo(3);
    assertThat(document.getElementsByTagName("img").getLength()).isEqualTo(4);
  }

  @Test
  void manyClassesGetAListInsteadOfAMatrix() {
    List<String> labels = IntStream.range(0, 100).mapToObj(i -> "c" + i).toList();
    assertThat(ReportPage.of(report(labels, "m"))).doesNotContain("class='matrix'");
    assertThat(ReportPage.of(report(labels.subList(0, 9), "m"))).contains("class='matrix'");
  }

  @Test
  void aChartOfOnePointOrOfNoneIsNoFault() {
    assertThat(chart().html()).isEmpty();
    assertThat(chart(new LineChart.Point(1, 0.5)).html())
        .contains("<circle", "<title>one: 0.5 at 1</title>")
        .doesNotContain("NaN");
    assertThat(chart(new LineChart.Point(1, 0.5), new LineChart.Point(2, Double.NaN)).html())
        .doesNotContain("NaN,")
        .doesNotContain(",NaN");
  }

  private static LineChart chart(LineChart.Point... points) {
    LineChart.Series line = new LineChart.Series("one", List.of(points));
    return new LineChart("t", "x", LineChart.Scale.LINEAR, List.of(line), List.of());
  }

  private static RunReport report(List<String> labels, String name) {
    List<EpochMetrics> epochs = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      Optional<Double> none = Optional.empty();
      epochs.add(
          new EpochMetrics(
              "all", i, i * 9, 0.1, 1.0 / i, 0.5, 1.1 / i, 0.4, none, none, none, none, i == 5));
    }
    List<SingleLabelPrediction> answers =
        List.of(
            new SingleLabelPrediction(0, 0, 0, 0.9, 0.1, 0),
            new SingleLabelPrediction(1, 1, 0, 0.8, 1.6, 1));
    Thumbnail picture = Thumbnail.of(new RgbImage(300, 200, new byte[3 * 300 * 200]));
    RunReport.Shown shown = new RunReport.Shown(name, labels.get(1), labels.get(0), 0.8, picture);
    List<Integer> counts = labels.stream().map(label -> 3).toList();
    return new RunReport(
        name,
        "resnet18",
        "after epoch 5 of 5",
        "run",
        name,
        "libtorch",
        epochs,
        List.of(stage(name)),
        new DataAudit(
            labels,
            counts,
            counts,
            Optional.empty(),
            List.of(name),
            List.of(),
            Map.of("3x2", 6),
            "data",
            List.of(),
            Optional.empty()),
        List.of(
            new RunReport.Measured(
                "Validation",
                "now",
                SingleLabelMeasures.of(labels, answers, 0.9),
                List.of(shown),
                List.of(shown))),
        List.of(new RunReport.Views(name, List.of(picture, picture))));
  }

  private static StagePlan.Group group(String name, boolean trained, double rate, boolean old) {
    StagePlan.Member weight = new StagePlan.Member(name + ".weight", List.of(3L, 10L), old);
    return new StagePlan.Group(name, trained, rate, 1e-4, 1, 0, List.of(weight));
  }

  private static StagePlan stage(String name) {
    StagePlan.Group stem = group("stem", false, 0, true);
    StagePlan.Group head = group("fc", true, 0.1, false);
    return new StagePlan(
        name,
        5,
        32,
        1,
        9,
        "sgd",
        "cosine",
        "none",
        List.of(1.0, 0.5, 0.0),
        List.of(0L, 22L, 44L),
        List.of(stem, head),
        new StagePlan.Memory(3600, 120, 120, 0, 7440, 0));
  }
}
