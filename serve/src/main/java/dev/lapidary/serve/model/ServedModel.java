package dev.lapidary.serve.model;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.serve.batch.BatchFunction;
import java.util.List;
import java.util.Optional;

/**
 * A loaded model with all that is needed to answer.
 *
 * @param sha256 of the file, in hex
 * @param labels one a class, by index
 * @param signature the graph's names
 * @param batches false if the graph takes one image at a time
 * @param network its forward pass
 * @param scoring how what it gives becomes an answer
 * @param card what the file says of itself
 * @param note what its user should know of it
 * @param session closed with the model
 */
public record ServedModel(
    String name,
    String version,
    String sha256,
    List<String> labels,
    Signature signature,
    Preprocessing preprocessing,
    boolean batches,
    BatchFunction network,
    Scoring scoring,
    Optional<ModelCard> card,
    Optional<String> note,
    OnnxNetwork session)
    implements AutoCloseable {

  /** Names of the graph's one input and one output. */
  public record Signature(String input, String output) {}

  public ServedModel {
    labels = List.copyOf(labels);
  }

  /**
   * Decodes and preprocesses an image file, as training and calibration do. Thread-safe.
   *
   * @return one image as the network takes it, such as {@code [C, H, W]} normalized
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public float[] inputOf(byte[] file, ImageLimits limits) {
    float[] input = new float[preprocessing.inputLength()];
    Preprocessor preprocessor = Preprocessor.of(preprocessing);
    session.form().fill(preprocessor, ImageDecoder.decode(file, limits), input);
    return input;
  }

  /** The same model behind another forward pass, such as one that waits. */
  public ServedModel withNetwork(BatchFunction other) {
    return new ServedModel(
        name,
        version,
        sha256,
        labels,
        signature,
        preprocessing,
        batches,
        other,
        scoring,
        card,
        note,
        session);
  }

  @Override
  public void close() {
    session.close();
  }
}
