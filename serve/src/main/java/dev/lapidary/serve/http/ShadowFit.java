package dev.lapidary.serve.http;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TensorSpec;
import java.util.List;
import java.util.Optional;

/** Whether what one model made of an image can be given to another, and their answers compared. */
final class ShadowFit {
  private ShadowFit() {}

  /** Why it cannot; empty if it can. */
  static Optional<String> trouble(AnsweringModel model, AnsweringModel shadow) {
    return model.images().isPresent()
        ? trouble(model.id().name(), model.requireImages().model(), shadow)
        : Optional.of(noImages(model));
  }

  private static String noImages(AnsweringModel model) {
    if (model.head().isPresent()) {
      return "%s is a head, whose images go into its trunk: expected a whole network, as which it can"
              .formatted(model.id().name())
          + " be exported without --head-of";
    }
    return "the model %s takes no images, so it has no classes to compare"
        .formatted(model.id().name());
  }

  /** The same of a model that takes images. */
  static Optional<String> trouble(String name, ServedModel model, AnsweringModel other) {
    if (other.images().isEmpty()) {
      return Optional.of(noImages(other));
    }
    String otherName = other.id().name();
    ServedModel shadow = other.requireImages().model();
    TensorSpec input = model.tensors().inputs().get(0);
    TensorSpec others = shadow.tensors().inputs().get(0);
    if (input.type() != others.type() || !input.shape().equals(others.shape())) {
      return Optional.of(
          "%s takes %s %s, expected %s %s as %s does"
              .formatted(
                  otherName, others.type(), others.shape(), input.type(), input.shape(), name));
    }
    if (!model.preprocessing().equals(shadow.preprocessing())) {
      return Optional.of(
          "%s prepares images by %s, expected %s as %s does"
              .formatted(
                  otherName, words(shadow.preprocessing()), words(model.preprocessing()), name));
    }
    return labels(name, model.labels(), otherName, shadow.labels());
  }

  private static String words(Preprocessing own) {
    return "%s %d, %s, crop %dx%d, mean %s, std %s, %s on %s"
        .formatted(
            own.resize(),
            own.resizeSize(),
            own.interpolation(),
            own.cropHeight(),
            own.cropWidth(),
            own.mean(),
            own.std(),
            own.colour(),
            own.alpha());
  }

  private static Optional<String> labels(
      String name, List<String> labels, String shadowName, List<String> others) {
    if (labels.size() != others.size()) {
      return Optional.of(
          "%s has %d classes, expected %d as %s has"
              .formatted(shadowName, others.size(), labels.size(), name));
    }
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.get(i).equals(others.get(i))) {
        return Optional.of(
            "class %d of %s is '%s', expected '%s' as of %s"
                .formatted(i, shadowName, others.get(i), labels.get(i), name));
      }
    }
    return Optional.empty();
  }
}
