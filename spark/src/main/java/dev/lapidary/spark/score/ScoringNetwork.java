package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.model.ServedModel;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Images in, predictions out, for one task: batches of a fixed size on a checked model. */
public final class ScoringNetwork {
  private final ServedModel model;
  private final PaddedNetwork network;

  ScoringNetwork(ServedModel model, PaddedNetwork network) {
    this.model = model;
    this.network = network;
  }

  public int batchSize() {
    return network.batchSize();
  }

  /**
   * @param images at most a batch
   * @return one an image, in their order
   */
  public List<ScoredImage> predict(List<EncodedImage> images, int topK) {
    ScoredImage[] predictions = new ScoredImage[images.size()];
    List<float[]> inputs = new ArrayList<>(images.size());
    List<Integer> indices = new ArrayList<>(images.size());
    for (int i = 0; i < predictions.length; i++) {
      if (images.get(i) instanceof EncodedImage.Unreadable unreadable) {
        predictions[i] = ScoredImage.failed(unreadable.reason());
      } else if (images.get(i) instanceof EncodedImage.Bytes bytes) {
        try {
          inputs.add(model.inputOf(bytes.file(), ImageLimits.DEFAULT));
          indices.add(i);
        } catch (UndecodableImage e) {
          predictions[i] = ScoredImage.failed(String.valueOf(e.getMessage()));
        }
      }
    }
    if (!inputs.isEmpty()) {
      List<ScoredImage> answers = run(inputs, topK);
      for (int i = 0; i < answers.size(); i++) {
        predictions[indices.get(i)] = answers.get(i);
      }
    }
    return Arrays.asList(predictions);
  }

  /** A batch that fails is run again one by one, so that the others have their answers. */
  private List<ScoredImage> run(List<float[]> inputs, int topK) {
    FloatBuffer joined = FloatBuffer.allocate(inputs.size() * inputs.get(0).length);
    inputs.forEach(joined::put);
    float[] outputs;
    try {
      outputs = network.run(joined.flip(), inputs.size());
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
