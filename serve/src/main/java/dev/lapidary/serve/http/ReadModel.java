package dev.lapidary.serve.http;

import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.model.ServedModel;
import java.util.List;

/**
 * A model's file, read: with all that images need, as a head of one that has that, or of tensors
 * alone.
 */
public sealed interface ReadModel extends AutoCloseable {
  @Override
  void close();

  /**
   * It classifies images.
   *
   * @param beside the same on further devices
   */
  record OfImages(ServedModel model, List<ServedModel> beside) implements ReadModel {
    public OfImages {
      beside = List.copyOf(beside);
    }

    /** On one device. */
    public OfImages(ServedModel model) {
      this(model, List.of());
    }

    @Override
    public void close() {
      model.close();
      beside.forEach(ServedModel::close);
    }
  }

  /** It classifies images behind another model, its trunk. */
  record OfHead(HeadModel model) implements ReadModel {
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
