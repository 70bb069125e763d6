package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.core.measure.AveragePrecision;
import dev.lapidary.core.measure.LabelDecisions;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A model's answers to labelled images, one image at a time.
 *
 * @param scoring of the model
 * @param measures by name, in [0, 1]: accuracy; of a multi-label model mAP, F1 and exact matches
 * @param comparison to the reference; zero inputs if there was none
 * @param agreement with the reference's answers: the argmax; of a multi-label model {@link
 *     LabelDecisions#agreement}
 * @param p50Millis median time of one image, without decoding
 */
public record Accuracy(
    Scoring scoring,
    int images,
    Map<String, Double> measures,
    Comparison comparison,
    double agreement,
    double p50Millis,
    List<Answer> predictions) {

  /** An image's answer, as a line of JSON has it. */
  public sealed interface Answer {}

  /** The greatest softmax probability; {@code label} is empty if labels are not known. */
  public record Prediction(String image, String label, int index, double probability)
      implements Answer {}

  /** The labels whose sigmoid is at least 0.5, in the network's order, as serving gives them. */
  public record MultiLabelPrediction(String image, List<Scored> classes) implements Answer {}

  /** A label that an image is given. */
  public record Scored(String label, int index, double probability) {}

  public Accuracy {
    predictions = List.copyOf(predictions);
  }

  /**
   * @param card of the model; where it has no labels those of the images, in order, are the classes
   * @param rule what becomes of images that cannot be read
   * @param progress gets a line for each that is left out
   * @throws Failure (exit 2) naming the bad images, if they are not to be left out, or all are bad;
   *     (exit 1) if an answer is NaN or infinite
   */
  public static Accuracy measure(
      LoadedModel model,
      Optional<LoadedModel> reference,
      ModelCard card,
      LabelledImages listed,
      OnBadImage rule,
      WorkProgress progress) {
    List<String> classes = card.labels().isEmpty() ? listed.labels() : card.labels();
    ImageInput input = ImageInput.of(card);
    Scoring scoring = card.scoring();
    Comparison comparison = new Comparison();
    LabelDecisions decisions = new LabelDecisions(classes.size());
    List<float[]> answers = new ArrayList<>();
    double[] times = new double[listed.images().size()];
    LabelledImages data =
        listed.read(
            input.alpha(),
            rule,
            progress,
            (image, pixels) -> {
              Tensor tensor = input.tensor(pixels);
              long start = System.nanoTime();
              Logits logits = model.run(tensor);
              times[answers.size()] = (System.nanoTime() - start) / 1e6;
              requireFinite(logits, image.path());
              answers.add(logits.row(0));
              if (reference.isPresent()) {
                Logits expected = reference.get().run(input.normalized().tensor(pixels));
                comparison.add(expected, logits);
                if (scoring.several()) {
                  decisions.add(
                      LabelDecisions.of(scoring.logits(logits.row(0))),
                      LabelDecisions.of(scoring.logits(expected.row(0))));
                }
              }
            });
    double[] millis = Arrays.copyOf(times, answers.size());
    Arrays.sort(millis);
    boolean several = scoring.several();
    return new Accuracy(
        scoring,
        answers.size(),
        several ? labels(answers, data, classes, scoring) : classes(answers, data, classes),
        comparison,
        several ? decisions.agreement() : comparison.argmaxAgreement(),
        millis[millis.length / 2],
        predictions(answers, data, classes, scoring));
  }

  private static void requireFinite(Logits logits, String image) {
    for (float value : logits.values()) {
      if (!Float.isFinite(value)) {
        throw Failure.failed(
            "%s: the model answers %s to it; its weights are broken, export a sound one",
            image, value);
      }
    }
  }

  private static Map<String, Double> classes(
      List<float[]> answers, LabelledImages data, List<String> classes) {
    int correct = 0;
    for (int i = 0; i < answers.size(); i++) {
      int argmax = Argmax.of(answers.get(i));
      String label = data.labels().get(data.images().get(i).labels().get(0));
      correct += argmax < classes.size() && classes.get(argmax).equals(label) ? 1 : 0;
    }
    return Map.of("accuracy", correct / (double) answers.size());
  }

  private static Map<String, Double> labels(
      List<float[]> answers, LabelledImages data, List<String> classes, Scoring scoring) {
    LabelDecisions decisions = new LabelDecisions(classes.size());
    boolean[][] truth = new boolean[answers.size()][classes.size()];
    for (int i = 0; i < answers.size(); i++) {
      for (int label : data.images().get(i).labels()) {
        truth[i][classes.indexOf(data.labels().get(label))] = true;
      }
      decisions.add(LabelDecisions.of(scoring.logits(answers.get(i))), truth[i]);
    }
    Map<String, Double> measures = new LinkedHashMap<>();
    measures.put(
        "meanAveragePrecision", AveragePrecision.of(answers.toArray(float[][]::new), truth).mean());
    measures.put("microF1", decisions.microF1());
    measures.put("macroF1", decisions.macroF1());
    measures.put("subsetAccuracy", decisions.exact() / (double) answers.size());
    return measures;
  }

  private static List<Answer> predictions(
      List<float[]> answers, LabelledImages data, List<String> classes, Scoring scoring) {
    List<Answer> all = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      String path = data.images().get(i).path();
      double[] scores = scoring.probabilities(answers.get(i));
      int argmax = Argmax.of(answers.get(i));
      all.add(
          scoring.several()
              ? new MultiLabelPrediction(path, scored(scores, classes))
              : new Prediction(path, name(classes, argmax), argmax, scores[argmax]));
    }
    return all;
  }

  private static List<Scored> scored(double[] scores, List<String> classes) {
    return IntStream.range(0, scores.length)
        .filter(i -> scores[i] >= Activation.THRESHOLD)
        .mapToObj(i -> new Scored(name(classes, i), i, scores[i]))
        .toList();
  }

  private static String name(List<String> classes, int index) {
    return index < classes.size() ? classes.get(index) : "";
  }
}
