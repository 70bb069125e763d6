package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.fetch.FetchProgress;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.core.image.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Weights of one network that torchvision publishes, trained on ImageNet-1K.
 *
 * @param architecture the zoo's name
 * @param tag torchvision's name of them: {@code IMAGENET1K_V2}
 * @param standard whether torchvision uses them unless told otherwise
 * @param location the address of the file
 * @param sha256Beginning the first 8 or 10 hexadecimal digits of its SHA-256, as in its name
 * @param rule what makes their input of an image. Of GoogLeNet and Inception v3 it holds what
 *     torchvision does inside of the network ({@code transform_input})
 * @param top1 accuracy on ImageNet's validation images under that rule, in percent
 * @param top5 likewise
 */
public record PublishedWeights(
    String architecture,
    String tag,
    boolean standard,
    String location,
    String sha256Beginning,
    Preprocessing rule,
    double top1,
    double top5)
    implements WeightsChoice {

  @Override
  public String name() {
    return location.substring(location.lastIndexOf('/') + 1);
  }

  @Override
  public String title() {
    return Phrase.of("%s, %s of torchvision, %.1f %% top-1 on ImageNet", name(), tag, top1);
  }

  @Override
  public Optional<Preprocessing> preprocessing() {
    return Optional.of(rule);
  }

  @Override
  public List<String> labels() {
    return ImageNetWeights.labels();
  }

  /**
   * @throws dev.lapidary.core.failure.Failure exit 1 without a network, saying what to do; exit 3
   *     for another SHA-256
   */
  @Override
  public Path file(Optional<String> sha256, FetchProgress progress) {
    WeightsCache cache = WeightsCache.ofUser();
    String fetch = "trainer fetch %s --tag %s".formatted(architecture, tag);
    Path file = cache.published(location, sha256Beginning, fetch, progress);
    return sha256.isEmpty() ? file : cache.get(location, sha256, progress);
  }
}
