package dev.lapidary.exporter.verify;

import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageFolder;
import dev.lapidary.models.image.RgbImage;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A model's answers to a folder of labelled images, one image at a time.
 *
 * @param correct of the images whose class is known
 * @param comparison to the reference; zero inputs if there was none
 * @param p50Millis median time of one image, without decoding
 */
public record Accuracy(
    int images,
    int correct,
    Comparison comparison,
    double p50Millis,
    List<Prediction> predictions) {

  /** The greatest softmax probability; {@code label} is empty if labels are not known. */
  public record Prediction(String image, String label, int index, double probability) {}

  public Accuracy {
    predictions = List.copyOf(predictions);
  }

  /** In [0, 1]. */
  public double accuracy() {
    return correct / (double) images;
  }

  /**
   * @param labels by class index; where they are unknown the folders in order are the classes
   */
  public static Accuracy measure(
      LoadedModel model,
      Optional<LoadedModel> reference,
      ImageInput input,
      ImageFolder folder,
      List<String> labels) {
    List<String> classes = labels.isEmpty() ? folder.classes() : labels;
    requireKnown(folder, classes);
    Comparison comparison = new Comparison();
    List<Prediction> predictions = new ArrayList<>();
    double[] millis = new double[folder.images().size()];
    int correct = 0;
    for (ImageFolder.Image image : folder.images()) {
      RgbImage pixels = ImageInput.decode(folder.root(), image.path());
      Tensor tensor = input.tensor(pixels);
      long start = System.nanoTime();
      Logits logits = model.run(tensor);
      millis[predictions.size()] = (System.nanoTime() - start) / 1e6;
      reference.ifPresent(
          other -> comparison.add(other.run(input.normalized().tensor(pixels)), logits));
      Prediction prediction = prediction(image.path(), logits, classes);
      correct += prediction.label().equals(folder.classes().get(image.label())) ? 1 : 0;
      predictions.add(prediction);
    }
    Arrays.sort(millis);
    return new Accuracy(
        predictions.size(), correct, comparison, millis[millis.length / 2], predictions);
  }

  private static void requireKnown(ImageFolder folder, List<String> classes) {
    folder.classes().stream()
        .filter(name -> !classes.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw Failure.badInput(
                  "[%s] the folder '%s' is no label of the model; its labels are %s",
                  folder.root(), name, classes.stream().limit(20).toList());
            });
  }

  private static Prediction prediction(String path, Logits logits, List<String> classes) {
    int argmax = logits.argmax(0);
    double sum = 0;
    for (float logit : logits.values()) {
      sum += Math.exp((double) logit - logits.values()[argmax]);
    }
    String label = argmax < classes.size() ? classes.get(argmax) : "";
    return new Prediction(path, label, argmax, 1 / sum);
  }
}
