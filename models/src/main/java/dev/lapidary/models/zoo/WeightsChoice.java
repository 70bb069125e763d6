package dev.lapidary.models.zoo;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.FetchProgress;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code --weights} says: weights that torchvision publishes, by one word; a folder as Hugging
 * Face has them; or a file, here or at an address.
 */
public interface WeightsChoice {

  /**
   * Understands what was said; nothing is fetched yet.
   *
   * @param said {@code imagenet}, {@code imagenet:v2}, a tag of torchvision, a folder, a file, an
   *     https address
   * @param architecture that the weights are for; absent for a third party's network
   * @throws Failure (exit 2) for a word that means no weights of this network, or a folder that
   *     holds none
   */
  static WeightsChoice of(String said, Optional<Architecture> architecture) {
    if (ImageNetWeights.isWord(said)) {
      return ImageNetWeights.find(
          architecture.orElseThrow(
              () ->
                  Failure.badInput(
                      "--weights %s names weights of an architecture of the zoo; give --arch, or a"
                          + " file",
                      said)),
          said);
    }
    if (!said.contains("://") && Files.isDirectory(Path.of(said))) {
      return HuggingFaceFolder.of(Path.of(said));
    }
    Optional<WeightsChoice> recognized =
        said.contains("://")
            ? Optional.empty()
            : architecture.flatMap(
                network -> PublishedFile.recognized(Path.of(said), ImageNetWeights.of(network)));
    return recognized.orElseGet(() -> new WeightsLocation(said));
  }

  /**
   * What makes the network's input of an image: what the weights expect, else what the architecture
   * was published with, for the input's size.
   */
  static Preprocessing rule(
      Optional<WeightsChoice> weights, Architecture architecture, Optional<Integer> inputSize) {
    Preprocessing own =
        weights.flatMap(WeightsChoice::preprocessing).orElse(architecture.preprocessing());
    return own.forInput(inputSize.orElse(own.cropHeight()));
  }

  /** The file's name, without folder and host: what a card says. */
  String name();

  /** One line for the user. */
  default String title() {
    return name();
  }

  /** What the weights expect; empty if nobody says. */
  default Optional<Preprocessing> preprocessing() {
    return Optional.empty();
  }

  /** The classes of the weights' head by index, as far as it is known before they are read. */
  default List<String> labels() {
    return List.of();
  }

  /** What makes probabilities of that head's logits. */
  default Activation activation() {
    return Activation.SOFTMAX;
  }

  /** A path or an https address. */
  String location();

  /**
   * The file itself, fetched if it is not here.
   *
   * @param sha256 that it must have; empty: any
   */
  default Path file(Optional<String> sha256, FetchProgress progress) {
    return WeightsCache.ofUser().get(location(), sha256, progress);
  }

  /** Its tensors, which say their head's classes if they are known ({@code HeadLabels}). */
  default NamedTensors read(Path file) {
    NamedTensors read = WeightsFile.read(file);
    return labels().isEmpty() ? read : HeadLabels.told(read, labels(), activation());
  }
}
