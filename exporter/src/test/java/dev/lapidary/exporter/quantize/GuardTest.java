package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GuardTest {
  private static final Scoring CLASSES = Scoring.ofLogits(Activation.SOFTMAX);
  private static final Scoring LABELS = Scoring.ofLogits(Activation.SIGMOID);

  /** Images that float32 is sure of (margin 4), and as many near ties (margin 0.02). */
  private static List<float[]> halfOfThemNearTies(int images, float change) {
    return rows(images, i -> (i % 2 == 0 ? 4 : 0.02f) - change);
  }

  /** Logits of two classes, the second's 0. */
  private static List<float[]> rows(int images, IntToDoubleFunction first) {
    return IntStream.range(0, images)
        .mapToObj(i -> new float[] {(float) first.applyAsDouble(i), 0})
        .toList();
  }

  private static List<float[]> rows(int classes, float... logits) {
    return IntStream.range(0, logits.length / classes)
        .mapToObj(i -> Arrays.copyOfRange(logits, i * classes, (i + 1) * classes))
        .toList();
  }

  @Test
  void aCoinTossThatFallsTheOtherWayIsNoHarm() {
    Drift drift =
        Drift.between(halfOfThemNearTies(100, 0), halfOfThemNearTies(100, 0.04f), CLASSES);
    assertThat(drift.agreement()).isEqualTo(0.5);
    assertThat(drift.clearAgreement()).isEqualTo(1);
    assertThat(drift.marginNoise()).isCloseTo(0.04 / 4, within(1e-6));
    assertThat(drift.enough()).isTrue();
  }

  /** Every answer stays, and what decides has moved by a quarter of what it is. */
  @Test
  void answersThatOnlyJustStayAreNotEnough() {
    Drift drift = Drift.between(halfOfThemNearTies(100, 0), halfOfThemNearTies(100, -1), CLASSES);
    assertThat(drift.agreement()).isEqualTo(1);
    assertThat(drift.marginNoise()).isCloseTo(0.25, within(1e-6));
    assertThat(drift.enough()).isFalse();
  }

  /** A third class that rises above both is in no margin of the first two. */
  @Test
  void aClassThatNobodyWatchedIsSeen() {
    List<float[]> expected = rows(3, 9, 5, 0, /* */ 9, 5, 0, /* */ 9, 5, 0);
    List<float[]> found = rows(3, 9, 5, 0, /* */ 9, 5, 12, /* */ 9, 5, 0);
    Drift drift = Drift.between(expected, found, CLASSES);
    assertThat(drift.marginNoise()).isZero();
    assertThat(drift.clearAgreement()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(drift.enough()).isFalse();
  }

  @Test
  void aNetworkThatGivesTheSameForAllMayNotMove() {
    List<float[]> zeros = rows(2, new float[6]);
    assertThat(Drift.between(zeros, zeros, CLASSES).enough()).isTrue();
    assertThat(Drift.between(zeros, rows(2, 0, 1, 0, 1, 0, 1), CLASSES).enough()).isFalse();
  }

  @Test
  void lossOfAccuracyIsPaired() {
    List<float[]> expected = rows(2, 1, 0, /* */ 1, 0, /* */ 0, 1, /* */ 0, 1);
    List<float[]> found = rows(2, 1, 0, /* */ 0, 1, /* */ 1, 0, /* */ 0, 1);
    List<List<Integer>> labels = List.of(List.of(0), List.of(0), List.of(0), List.of(1));
    Loss loss = Loss.of(expected, found, labels, CLASSES);
    assertThat(loss.measure()).isEqualTo("accuracy");
    assertThat(loss.float32()).isEqualTo(0.75);
    assertThat(loss.quantized()).isEqualTo(0.75);
    assertThat(loss.drop()).isZero();
    assertThat(loss.low()).isCloseTo(-loss.high(), within(1e-12)).isNegative();
    assertThat(loss.words()).startsWith("accuracy 75.00 to 75.00 % (+0.00 points, -");
  }

  @Test
  void lossOfSeveralLabelsIsThatOfMeanPrecision() {
    List<float[]> expected = rows(2, 3, -1, /* */ 2, 1, /* */ -2, 2);
    List<float[]> found = rows(2, 1, -1, /* */ 2, 1, /* */ 3, 2);
    List<List<Integer>> labels = List.of(List.of(0), List.of(0, 1), List.of(1));
    Loss loss = Loss.of(expected, found, labels, LABELS);
    assertThat(loss.measure()).isEqualTo("meanAveragePrecision");
    assertThat(loss.float32()).isEqualTo(1);
    // Label 0: its images come second and third, (1/2 + 2/3) / 2; label 1 stays.
    assertThat(loss.quantized()).isCloseTo((7 / 12.0 + 1) / 2, within(1e-12));
    assertThat(loss.low()).isLessThanOrEqualTo(loss.drop());
    assertThat(loss.high()).isGreaterThanOrEqualTo(loss.drop());
    assertThat(loss.words()).startsWith("mAP 100.00 to 79.17 % (-20.83 points, ");
  }

  /** Of 200 images half a point is one image: with fewer, labels cannot tell. */
  @Test
  void labelsDecideWhereTheyAreEnoughAndTheAnswersTooWhereNot() {
    assertThat(passes(400, 2)).isTrue();
    assertThat(passes(400, 3)).isFalse();
    assertThat(passes(100, 1)).isTrue();
    assertThat(passes(100, 2)).isFalse();
  }

  /** Float32 knows all, and int8 misses some; its answers stay what they are but for those. */
  private static boolean passes(int images, int missed) {
    List<float[]> expected = rows(images, i -> i < missed ? 0.01f : 4);
    List<float[]> found = rows(images, i -> i < missed ? -0.01f : 4);
    List<List<Integer>> labels = Collections.nCopies(images, List.of(0));
    Drift drift = Drift.between(expected, found, CLASSES);
    return Guard.verdict(drift, Optional.of(Loss.of(expected, found, labels, CLASSES)), 0.005)
        .passes();
  }

  /** As many answers become right as become wrong: nothing is lost, and so much may be chance. */
  @Test
  void labelsThatManyAnswersCrossDoNotExcuseThem() {
    assertThat(crossed(400, 2).passes()).isTrue();
    assertThat(crossed(400, 3).passes()).isFalse(); // the root of 6, over 400, is above 0.5 %
    assertThat(Guard.asked(crossed(400, 3).loss(), 0.005))
        .isEqualTo(
            "--max-drop 0.5, which labels cannot tell of so many changes, at least 98 % of the clear"
                + " answers and at most 20 % of the margin");
    assertThat(Guard.asked(crossed(400, 2).loss(), 0.005)).isEqualTo("--max-drop 0.5");
    assertThat(Guard.asked(crossed(100, 0).loss(), 0.005))
        .startsWith("--max-drop 0.5, which so few labels cannot tell, ")
        .endsWith("at most 10 % of the margin");
    assertThat(crossed(400, 3).loss().orElseThrow().drop()).isZero();
    assertThat(crossed(400, 3).loss().orElseThrow().standardError())
        .isCloseTo(Math.sqrt(6) / 400, within(1e-12));
  }

  /** Of the answers so many become wrong and so many right; what decides moves a lot everywhere. */
  private static Verdict crossed(int images, int each) {
    List<float[]> expected = rows(images, i -> 4);
    List<float[]> found = rows(images, i -> i < 2 * each ? -1 : 1);
    List<List<Integer>> labels =
        IntStream.range(0, images).mapToObj(i -> List.of(i < each ? 1 : 0)).toList();
    Drift drift = Drift.between(expected, found, CLASSES);
    return Guard.verdict(drift, Optional.of(Loss.of(expected, found, labels, CLASSES)), 0.005);
  }

  @Test
  void fewLabelsDoNotExcuseAnswersThatMove() {
    List<float[]> expected = rows(100, i -> 4);
    List<float[]> found = rows(100, i -> 1); // right still
    List<List<Integer>> labels = Collections.nCopies(100, List.of(0));
    Drift drift = Drift.between(expected, found, CLASSES);
    Loss loss = Loss.of(expected, found, labels, CLASSES);
    assertThat(loss.drop()).isZero();
    assertThat(Guard.verdict(drift, Optional.of(loss), 0.005).passes()).isFalse();
    assertThat(Guard.verdict(drift, Optional.of(loss), 0.01).passes()).isTrue();
  }
}
