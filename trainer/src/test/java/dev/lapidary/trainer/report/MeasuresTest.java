package dev.lapidary.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.trainer.report.SingleLabelMeasures.Bin;
import dev.lapidary.trainer.report.SingleLabelMeasures.ClassMeasure;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeasuresTest {
  /** Of a sum in another order than the formula's. */
  private static final double ROUNDING = 1e-12;

  private static final List<String> LABELS = List.of("ant", "bee", "cow");

  /** Three ants, two bees, one cow: one ant is taken for a bee, the cow for an ant. */
  private static final List<SingleLabelPrediction> SIX =
      List.of(
          answer(0, 0, 0.95),
          answer(0, 0, 0.65),
          answer(0, 1, 0.60),
          answer(1, 1, 0.95),
          answer(1, 1, 0.62),
          answer(2, 0, 0.95));

  @Test
  void countsEachClassAgainstTheOthers() {
    SingleLabelMeasures m = SingleLabelMeasures.of(LABELS, SIX, 0.5);
    assertThat(m.confusion()).containsExactly(List.of(2, 1, 0), List.of(0, 2, 0), List.of(1, 0, 0));
    assertThat(m.perClass())
        .containsExactly(
            new ClassMeasure("ant", 3, 2.0 / 3, 2.0 / 3, 4.0 / 6),
            new ClassMeasure("bee", 2, 2.0 / 3, 1, 4.0 / 5),
            new ClassMeasure("cow", 1, 0, 0, 0));
    assertThat(m.accuracy()).isEqualTo(4.0 / 6);
    assertThat(m.loss()).isEqualTo(0.5);
    assertThat(m.macroRecall()).isCloseTo(5.0 / 9, within(ROUNDING));
    assertThat(m.top5()).as("of three classes, five highest say nothing").isEmpty();
  }

  /** By hand: bins (9/15, 10/15] with 0.65, 0.62; (8/15, 9/15] with 0.60; (14/15, 1] with 0.95. */
  @Test
  void calibrationErrorIsTheWeighedDistanceOfConfidenceAndAccuracy() {
    SingleLabelMeasures m = SingleLabelMeasures.of(LABELS, SIX, 0.5);
    assertThat(m.calibration().stream().map(Bin::images)).containsExactly(1, 2, 3);
    double expected = (1 * 0.60 + 2 * (1 - 0.635) + 3 * (0.95 - 2.0 / 3)) / 6;
    assertThat(m.calibrationError()).isCloseTo(expected, within(ROUNDING));
  }

  @Test
  void anImageOfTheFiveHighestCountsForTop5() {
    List<String> labels = IntStream.range(0, 7).mapToObj(i -> "c" + i).toList();
    float[] logits = {7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1};
    List<SingleLabelPrediction> two =
        SingleLabelPrediction.ofLogits(logits, new long[] {4, 5}, new int[] {0, 1});
    assertThat(SingleLabelMeasures.of(labels, two, 0).top5()).hasValue(0.5);
  }

  /** The published formula, computed apart from this code. */
  @ParameterizedTest
  @CsvSource({
    "8, 10, 0.4901625, 0.9433178",
    "0, 10, 0, 0.2775328",
    "10, 10, 0.7224672, 1",
    "935, 1000, 0.9179945, 0.9486762"
  })
  void theIntervalIsWilsons(int hits, int of, double low, double high) {
    Interval interval = Interval.wilson(hits, of);
    assertThat(interval.low()).isCloseTo(low, within(5e-8)); // the digits given
    assertThat(interval.high()).isCloseTo(high, within(5e-8));
  }

  @Test
  void theIntervalNeedsImages() {
    assertThatThrownBy(() -> Interval.wilson(0, 0)).hasMessage("0 of 0");
  }

  @Test
  void theTableShowsTheMatrixOfFewClassesAndTheMistakesOfMany() {
    assertThat(String.join("\n", MeasuresText.lines(SingleLabelMeasures.of(LABELS, SIX, 0.5))))
        .contains("accuracy     0.6667   95 % interval 0.3000 to 0.9032 (Wilson)")
        .contains("bee                     0.6667  1.0000  0.8000       2")
        .contains("        1  2  3\n1  ant  2  1  .");
    List<String> many = IntStream.range(0, 13).mapToObj(i -> "c" + i).toList();
    assertThat(String.join("\n", MeasuresText.lines(SingleLabelMeasures.of(many, SIX, 0.5))))
        .contains("most frequent mistakes\n     1  c0 taken for c1 (33.3 % of its images)")
        .doesNotContain("confusion:");
  }

  @Test
  void logitsBecomeProbabilitiesWithoutOverflow() {
    float[] logits = {1000, 1001, 0, -5, -5, -5};
    List<SingleLabelPrediction> two =
        SingleLabelPrediction.ofLogits(logits, new long[] {0, 2}, new int[] {7, 9});
    double other = Math.exp(-1);
    assertThat(two.get(0).sample()).isEqualTo(7);
    assertThat(two.get(0).predicted()).isEqualTo(1);
    assertThat(two.get(0).rank()).isEqualTo(1);
    assertThat(two.get(0).confidence()).isCloseTo(1 / (1 + other), within(ROUNDING));
    assertThat(two.get(0).loss()).isCloseTo(1 + Math.log(1 + other), within(ROUNDING));
    assertThat(two.get(1).predicted()).as("the first of equals").isZero();
    assertThat(two.get(1).rank()).isEqualTo(2);
    assertThat(two.get(1).loss()).isCloseTo(Math.log(3), within(ROUNDING));
  }

  private static SingleLabelPrediction answer(int label, int predicted, double confidence) {
    return new SingleLabelPrediction(
        0, label, predicted, confidence, 1, label == predicted ? 0 : 1);
  }
}
