package dev.lapidary.core.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ScoringTest {
  private static final float[] LOGITS = {2, -1, 0.5f};

  private static ModelCard card(Scoring scoring) {
    return new ModelCard(
            "m",
            "1",
            "net",
            List.of(),
            Activation.SOFTMAX,
            Scores.LOGITS,
            new ModelCard.Input("input", "NCHW", 3, 8, 8, "float32"),
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(),
            ModelCard.Provenance.UNKNOWN,
            Optional.empty(),
            Optional.empty(),
            List.of())
        .withScoring(scoring);
  }

  @Test
  void nothingIsAppliedToScores() {
    for (Activation activation : Activation.values()) {
      float[] scores = floats(activation.probabilities(LOGITS));
      Scoring given = Scoring.of(Scores.valueOf(activation.name()));
      assertThat(given.activation()).isEqualTo(activation);
      double[] probabilities = given.probabilities(scores);
      for (int i = 0; i < scores.length; i++) {
        assertThat(probabilities[i]).isEqualTo(scores[i]);
      }
      assertThat(Scoring.ofLogits(activation).probabilities(LOGITS))
          .isEqualTo(activation.probabilities(LOGITS));
    }
  }

  /** As logits they would give the same scores again, and a sigmoid's are the very logits. */
  @Test
  void scoresHaveLogits() {
    float[] classes = floats(Activation.SOFTMAX.probabilities(LOGITS));
    float[] again = Scoring.of(Scores.SOFTMAX).logits(classes);
    for (int i = 0; i < LOGITS.length; i++) {
      assertThat(again[i] - again[0]).isCloseTo(LOGITS[i] - LOGITS[0], within(1e-5f));
    }
    float[] labels =
        Scoring.of(Scores.SIGMOID).logits(floats(Activation.SIGMOID.probabilities(LOGITS)));
    assertThat(labels).containsExactly(LOGITS, within(1e-5f));
    assertThat(Scoring.of(Scores.SIGMOID).logits(0.5f)).containsExactly(0);
    for (Scores rounded : List.of(Scores.SOFTMAX, Scores.SIGMOID)) {
      for (float logit : Scoring.of(rounded).logits(0, 1)) {
        assertThat(logit).isFinite();
      }
      assertThat(Scoring.of(rounded).logits(Float.NaN)[0]).isNaN();
    }
    assertThat(Scoring.ofLogits(Activation.SOFTMAX).logits(LOGITS)).isSameAs(LOGITS);
  }

  @Test
  void aLabelBeginsAtHalfAScoreAndAtALogitOfZero() {
    assertThat(Scoring.of(Scores.SIGMOID).distance(0.75f)).isEqualTo(0.25);
    assertThat(Scoring.ofLogits(Activation.SIGMOID).distance(-0.75f)).isEqualTo(0.75);
  }

  @Test
  void oneNumberUnderASoftmaxIsAlwaysOne() {
    assertThat(Scoring.of(Scores.LOGITS).isConstant(1)).isTrue();
    assertThat(Scoring.of(Scores.SOFTMAX).isConstant(1)).isTrue();
    assertThat(Scoring.of(Scores.SIGMOID).isConstant(1)).isFalse();
    assertThat(Scoring.ofLogits(Activation.SIGMOID).isConstant(1)).isFalse();
    assertThat(Scoring.of(Scores.LOGITS).isConstant(2)).isFalse();
  }

  /** A card that says nothing of its scores gives logits: a sigmoid is applied as ever. */
  @Test
  void cardsSayScoresOnlyWhereTheyAreNoLogits() {
    ModelCard tags = card(Scoring.ofLogits(Activation.SIGMOID));
    String before = CardJson.write(tags);
    assertThat(before).contains("\"activation\":\"sigmoid\"").doesNotContain("scores");
    assertThat(CardJson.read(before, "m").scoring())
        .isEqualTo(new Scoring(Scores.LOGITS, Activation.SIGMOID));
    assertThat(CardJson.read(before, "m").scoring().probabilities(0f)).containsExactly(0.5);

    String said = CardJson.write(card(Scoring.of(Scores.SIGMOID)));
    assertThat(said).isEqualTo(before.replace("\"input\":{", "\"scores\":\"sigmoid\",\"input\":{"));
    assertThat(CardJson.read(said, "m").scoring()).isEqualTo(Scoring.of(Scores.SIGMOID));
    assertThat(CardJson.write(card(Scoring.of(Scores.SOFTMAX))))
        .contains("\"scores\":\"softmax\"")
        .doesNotContain("activation");
    assertThatThrownBy(
            () -> CardJson.read(said.replace("\"scores\":\"sigmoid\"", "\"scores\":\"tanh\""), "m"))
        .hasMessageStartingWith("[m] its model card is not readable: ");
    assertThatThrownBy(
            () ->
                CardJson.read(
                    said.replace("\"scores\":\"sigmoid\"", "\"scores\":\"softmax\""), "m"))
        .hasMessageContaining("its scores are a softmax's, which sum to 1");
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
