package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.model.ServedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Images in, predictions out, for one task: batches of a fixed size on a checked model. */
public record ScoringNetwork(ServedModel model, PaddedNetwork network) {

  /** One image alone. */
  ScoredImage predict(ImageColumn column, @Nullable Object value, int topK) {
    return predict(List.of(prepare(column, value)), topK).get(0);
  }

  /** Reads, decodes and preprocesses it. */
  PreparedImage prepare(ImageColumn column, @Nullable Object value) {
    try {
      return new PreparedImage.Input(model.inputOf(column.read(value), ImageLimits.DEFAULT));
    } catch (UndecodableImage e) {
      return new PreparedImage.Failed(String.valueOf(e.getMessage()));
    }
  }

  /**
   * @param images of which at most a batch are for the network
   * @return one an image, in their order
   */
  List<ScoredImage> predict(List<PreparedImage> images, int topK) {
    List<float[]> inputs = new ArrayList<>(images.size());
    for (PreparedImage image : images) {
      if (image instanceof PreparedImage.Input input) {
        inputs.add(input.values());
      }
    }
    Iterator<ScoredImage> answers =
        (inputs.isEmpty() ? List.<ScoredImage>of() : run(inputs, topK)).iterator();
    List<ScoredImage> predictions = new ArrayList<>(images.size());
    for (PreparedImage image : images) {
      predictions.add(
          image instanceof PreparedImage.Failed failed
              ? ScoredImage.failed(failed.reason())
              : answers.next());
    }
    return predictions;
  }

  /** A batch that fails is run again one by one, so that the others have their answers. */
  private List<ScoredImage> run(List<float[]> inputs, int topK) {
    float[] outputs;
    try {
      outputs = network.run(inputs);
    } catch (Exception e) {
      if (inputs.size() == 1) {
        return List.of(ScoredImage.failed("the network failed: " + Failure.reason(e)));
      }
      return inputs.stream().flatMap(input -> run(List.of(input), topK).stream()).toList();
    }
    int classes = outputs.length / inputs.size();
    List<ScoredImage> predictions = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      float[] own = Arrays.copyOfRange(outputs, i * classes, (i + 1) * classes);
      predictions.add(ScoredImage.of(own, model, topK));
    }
    return predictions;
  }
}
