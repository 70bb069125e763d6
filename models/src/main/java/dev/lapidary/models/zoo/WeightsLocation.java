package dev.lapidary.models.zoo;

import dev.lapidary.core.fetch.FetchProgress;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.WeightsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A file of weights, by its path or its https address. */
record WeightsLocation(String location) implements WeightsChoice {

  @Override
  public String name() {
    String path = location.replaceFirst("(?<=://).*?(?=/)", "").replaceFirst("[?#].*", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public String title() {
    return name();
  }

  @Override
  public Optional<Preprocessing> preprocessing() {
    return Optional.empty();
  }

  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public Path file(Optional<String> sha256, FetchProgress progress) {
    return WeightsCache.ofUser().get(location, sha256, progress);
  }

  @Override
  public NamedTensors read(Path file) {
    return WeightsFile.read(file);
  }
}
