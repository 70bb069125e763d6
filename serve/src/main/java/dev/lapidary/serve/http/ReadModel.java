package dev.lapidary.serve.http;

import dev.lapidary.runtime.model.ServedModel;

/** A model's file, read: with all that images need, or of tensors alone. */
public sealed interface ReadModel extends AutoCloseable {
  @Override
  void close();

  /** It classifies images. */
  record OfImages(ServedModel model) implements ReadModel {
    @Override
    public void close() {
      model.close();
    }
  }

  /**
   * It takes and gives tensors.
   *
   * @param whyNoImages in one line
   */
  record OfTensors(TensorModel model, String whyNoImages) implements ReadModel {
    @Override
    public void close() {
      model.close();
    }
  }
}
