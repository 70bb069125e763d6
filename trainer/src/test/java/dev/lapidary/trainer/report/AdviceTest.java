package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdviceTest {
  private static final double SGD = 0.1;

  @Test
  void fewImagesCallForFeatureExtraction() {
    assertThat(advice(10, 10, 0.001, 0.001, true))
        .singleElement()
        .asString()
        .startsWith("10 images in the smallest class: with so few, feature extraction is safest");
  }

  @Test
  void someImagesCallForLowerRatesTowardsTheStem() {
    assertThat(advice(100, 100, 0.01, 0.01, true))
        .singleElement()
        .asString()
        .contains("--layer-decay 0.75");
    assertThat(advice(100, 100, 0.001, 0.01, true)).isEmpty();
  }

  @Test
  void manyImagesCallForFullFineTuning() {
    assertThat(advice(500, 500, 0, 0.01, false))
        .singleElement()
        .asString()
        .contains("full fine-tuning");
    assertThat(advice(500, 500, 0.01, 0.01, true)).isEmpty();
  }

  @Test
  void pretrainedLayersForgetAtRatesFarAboveTheUsual() {
    assertThat(advice(500, 500, 3 * SGD, 3 * SGD, true)).isEmpty();
    assertThat(advice(500, 500, 4 * SGD, 4 * SGD, true))
        .singleElement()
        .asString()
        .startsWith("stage all trains pretrained layers at up to 0.40; with this optimizer")
        .contains("network 0.10 keeps what they know");
  }

  @Test
  void unevenClassesAreNamed() {
    assertThat(advice(200, 700, 0.01, 0.01, true))
        .singleElement()
        .asString()
        .startsWith("classes have 200 to 700 images");
  }

  @Test
  void whatDoesNotFitIntoMemoryIsSaid() {
    StagePlan stage = stage(0.01, 0.01, true);
    assertThat(Advice.of(List.of(stage), audit(500, 500), SGD, 5_000_000_000L))
        .singleElement()
        .asString()
        .startsWith("stage all may need 8.0 GB and 5.0 GB are there");
    assertThat(Advice.of(List.of(stage), audit(500, 500), SGD, 9_000_000_000L)).isEmpty();
  }

  private static List<String> advice(
      int least, int most, double stemRate, double headRate, boolean stemTrained) {
    return Advice.of(List.of(stage(stemRate, headRate, stemTrained)), audit(least, most), SGD, 0);
  }

  private static StagePlan stage(double stemRate, double headRate, boolean stemTrained) {
    StagePlan.Member early = new StagePlan.Member("stem.weight", List.of(9L, 100L), true);
    StagePlan.Member late = new StagePlan.Member("fc.weight", List.of(2L, 15L), false);
    int live = stemTrained ? 1 : 0;
    StagePlan.Group stem =
        new StagePlan.Group("stem", stemTrained, stemRate, 0, 1, live, List.of(early));
    StagePlan.Group head = new StagePlan.Group("fc", true, headRate, 0, 0, 0, List.of(late));
    return new StagePlan(
        "all",
        5,
        32,
        1,
        9,
        "sgd",
        "constant",
        "none",
        List.of(1.0, 1.0),
        List.of(0L, 44L),
        List.of(stem, head),
        new StagePlan.Memory(8_000_000_000L, 0, 0, 0, 0, 0));
  }

  private static DataAudit audit(int least, int most) {
    List<Integer> counts = List.of(least, most);
    return new DataAudit(
        List.of("a", "b"),
        counts,
        counts,
        Optional.empty(),
        List.of(),
        List.of(),
        Map.of(),
        "data",
        List.of(),
        Optional.empty());
  }
}
