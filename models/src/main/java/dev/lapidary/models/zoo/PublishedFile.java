package dev.lapidary.models.zoo;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Preprocessing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Published weights that lie here already, under their own name or another: what they expect comes
 * with them all the same.
 *
 * @param published what they are, by their SHA-256
 */
record PublishedFile(PublishedWeights published, Path here) implements WeightsChoice {

  /** The weights of a network that a file holds, by its contents; empty for any other file. */
  static Optional<WeightsChoice> recognized(Path file, List<PublishedWeights> offered) {
    if (offered.isEmpty() || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    String sha256 = Sha256.of(file);
    return offered.stream()
        .filter(weights -> sha256.startsWith(weights.sha256Beginning()))
        .findFirst()
        .map(weights -> new PublishedFile(weights, file));
  }

  @Override
  public String name() {
    return String.valueOf(here.getFileName());
  }

  @Override
  public String title() {
    return published.title();
  }

  @Override
  public Optional<Preprocessing> preprocessing() {
    return published.preprocessing();
  }

  @Override
  public List<String> labels() {
    return published.labels();
  }

  @Override
  public String location() {
    return here.toString();
  }
}
