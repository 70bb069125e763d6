package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.PreprocessingOptions;
import dev.lapidary.runtime.model.ScoringOptions;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.session.Device;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that end in a softmax or a sigmoid of their own; the logits are 1, 0.16 and 0.04. */
class ScoresTest {
  private static final Color RED = new Color(255, 40, 10);
  private static final double[] LOGITS = {1, 40 / 255.0, 10 / 255.0};
  private static final Optional<ModelCard> NO_CARD = Optional.empty();

  @TempDir Path folder;

  private static PreprocessingOptions given(Optional<ModelCard> card) {
    return card.isPresent()
        ? PreprocessingOptions.NONE
        : new PreprocessingOptions(
            Optional.of(TinyModels.SIDE),
            Optional.empty(),
            Optional.empty(),
            List.of(0f, 0f, 0f),
            List.of(1f, 1f, 1f),
            Optional.empty());
  }

  private static ServedModel load(Path file, PreprocessingOptions options, ScoringOptions scoring) {
    return ModelLoader.loadBesideDecoders(file, options, scoring, Device.cpu(), 1);
  }

  private static ScoringOptions said(Scores scores) {
    return new ScoringOptions(Optional.of(scores), Optional.empty());
  }

  /** The probabilities in the answer's order, which must be the classes'. */
  private double[] answer(
      Optional<ModelCard> card, ScoringOptions options, String query, String... operators)
      throws Exception {
    Path file = TinyModels.writeEndingIn(folder, card, 3, operators);
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      assertThat(server.serve(load(file, given(card), options))).isEmpty();
      HttpResponse<byte[]> response =
          new Client(server.uri())
              .post("/predict" + query, "image/png", TinyModels.png(RED, 20, 10));
      JsonNode classes = Client.json(response).at("/predictions/0/classes");
      double[] found = new double[classes.size()];
      for (int i = 0; i < found.length; i++) {
        assertThat(classes.get(i).get("index").asInt()).isEqualTo(i);
        found[i] = classes.get(i).get("probability").asDouble();
      }
      return found;
    }
  }

  private static double[] softmax() {
    double sum = 0;
    double[] p = new double[3];
    for (int i = 0; i < 3; i++) {
      p[i] = Math.exp(LOGITS[i]);
      sum += p[i];
    }
    for (int i = 0; i < 3; i++) {
      p[i] /= sum;
    }
    return p;
  }

  private static double[] sigmoid(double... of) {
    double[] p = new double[of.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = 1 / (1 + Math.exp(-of[i]));
    }
    return p;
  }

  @Test
  void withoutACardTheLastNodesTell() throws Exception {
    double[] expected = softmax();
    for (String[] end :
        new String[][] {
          {"Identity"}, {"Softmax"}, {"Softmax", "Identity"}, {"Softmax", "Cast"}, {"LogSoftmax"}
        }) {
      assertThat(answer(NO_CARD, ScoringOptions.NONE, "", end))
          .containsExactly(expected, within(1e-6));
    }
    assertThat(answer(NO_CARD, ScoringOptions.NONE, "", "Sigmoid"))
        .containsExactly(sigmoid(LOGITS), within(1e-6));
    ScoringOptions labels = new ScoringOptions(Optional.empty(), Optional.of(Activation.SIGMOID));
    assertThat(answer(NO_CARD, labels, "?threshold=0.54", "Identity"))
        .containsExactly(new double[] {sigmoid(1)[0]}, within(1e-6));
  }

  @Test
  void theOptionOverridesCardAndNodes() throws Exception {
    double[] twice = Activation.SOFTMAX.probabilities(floats(softmax()));
    assertThat(answer(NO_CARD, said(Scores.LOGITS), "", "Softmax"))
        .containsExactly(twice, within(1e-6));
    Optional<ModelCard> card = Optional.of(TinyModels.card());
    assertThat(answer(card, said(Scores.SOFTMAX), "", "Softmax"))
        .containsExactly(softmax(), within(1e-6));
    assertThat(answer(card, said(Scores.SIGMOID), "", "Sigmoid"))
        .containsExactly(sigmoid(LOGITS), within(1e-6));
  }

  @Test
  void aCardSaysIt() throws Exception {
    for (Scores scores : List.of(Scores.SOFTMAX, Scores.SIGMOID)) {
      ModelCard card = TinyModels.card().withScoring(Scoring.of(scores));
      boolean classes = scores == Scores.SOFTMAX;
      assertThat(
              answer(Optional.of(card), ScoringOptions.NONE, "", classes ? "Softmax" : "Sigmoid"))
          .containsExactly(classes ? softmax() : sigmoid(LOGITS), within(1e-6));
    }
    Scoring exclusive = new Scoring(Scores.SIGMOID, Activation.SOFTMAX);
    ModelCard best = TinyModels.card().withScoring(exclusive);
    assertThat(answer(Optional.of(best), ScoringOptions.NONE, "?topK=1", "Sigmoid"))
        .containsExactly(sigmoid(1), within(1e-6));
  }

  /** A card from before cards said it: its word stands, and the user is told. */
  @Test
  void aCardThatSaysNothingOfScoresGivesLogits() throws Exception {
    ModelCard old = TinyModels.card().withActivation(Activation.SIGMOID);
    assertThat(answer(Optional.of(old), ScoringOptions.NONE, "", "Identity"))
        .containsExactly(sigmoid(LOGITS), within(1e-6));
    Path file = TinyModels.writeEndingIn(folder, Optional.of(old), 3, "Sigmoid");
    try (ServedModel model = load(file, PreprocessingOptions.NONE, ScoringOptions.NONE)) {
      assertThat(model.scoring()).isEqualTo(Scoring.ofLogits(Activation.SIGMOID));
      assertThat(model.note())
          .hasValue(
              "[tiny.onnx] its card says that it gives logits, but it ends in a sigmoid, so that"
                  + " its scores are made twice: export it again, or add --scores sigmoid");
    }
    try (ServedModel model = load(file, PreprocessingOptions.NONE, said(Scores.SIGMOID))) {
      assertThat(model.note()).isEmpty();
    }
  }

  @Test
  void whatGivesNoScoresIsRefused() throws Exception {
    refused(
        ScoringOptions.NONE,
        1,
        "[tiny.onnx] it gives the best class's number, as an argmax does, and no scores, of which"
            + " an answer is made; export a network whose output are the logits, or end it at the"
            + " layer that gives them: exporter onnx --output LAYER",
        "ArgMax");
    refused(ScoringOptions.NONE, 1, "it gives the best class's number", "ArgMax", "Cast");
    refused(
        ScoringOptions.NONE,
        1,
        "[tiny.onnx] it gives one number for an image, of which a softmax makes 1 for every image;"
            + " add --activation sigmoid if it is a label's logit",
        "ReduceMax");
    refused(ScoringOptions.NONE, 1, "one number for an image", "ReduceMax", "Softmax");
    refused(
        new ScoringOptions(Optional.empty(), Optional.of(Activation.SIGMOID)),
        3,
        "--activation sigmoid is for any number of labels an image, but it ends in a softmax",
        "Softmax");
    refused(
        said(Scores.SOFTMAX),
        3,
        "[tiny.onnx] it is to give the scores of a softmax, from 0 to 1, but for an image of zeros"
            + " it gives -1.0986123; give --scores logits",
        "LogSoftmax");
  }

  /** One label, there or not. */
  @Test
  void oneScoreOfASigmoidIsALabel() throws Exception {
    Path file = TinyModels.writeEndingIn(folder, NO_CARD, 1, "ReduceMax", "Sigmoid");
    try (ServedModel model = load(file, given(NO_CARD), ScoringOptions.NONE)) {
      assertThat(model.scoring()).isEqualTo(Scoring.of(Scores.SIGMOID));
    }
  }

  private void refused(ScoringOptions options, int outputs, String message, String... operators)
      throws Exception {
    Path file = TinyModels.writeEndingIn(folder, NO_CARD, outputs, operators);
    assertThatThrownBy(() -> load(file, given(NO_CARD), options).close())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining(message);
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
