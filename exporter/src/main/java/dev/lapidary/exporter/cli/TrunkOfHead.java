package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import java.nio.file.Path;
import java.util.Optional;

/** The file of features behind which a head is verified. */
final class TrunkOfHead {
  private TrunkOfHead() {}

  /**
   * @param card of the file that is verified
   * @param told {@code --head-of}
   * @return empty if the file is no head
   * @throws Failure (exit 2) if it is one and the trunk is not told or another one, or the other
   *     way
   */
  static Optional<Path> of(Path file, Optional<ModelCard> card, Optional<Path> told) {
    Optional<Trunk> named = card.flatMap(ModelCard::trunk);
    if (named.isEmpty() && told.isPresent()) {
      throw Failure.badInput(
          "[%s] it is no head, expected one that 'exporter onnx --head-of' wrote; leave --head-of"
              + " out",
          file.getFileName());
    }
    if (named.isEmpty()) {
      return Optional.empty();
    }
    Path trunk =
        told.orElseThrow(
            () ->
                Failure.badInput(
                    "[%s] it is a head, which takes features and no images: add --head-of"
                        + " TRUNK.onnx, the file with the SHA-256 %s",
                    file.getFileName(), named.get().sha256()));
    String found = Sha256.of(trunk);
    if (!found.equals(named.get().sha256())) {
      throw Failure.badInput(
          "[%s] it is a head of the file with the SHA-256 %s, but [%s] has %s; give the trunk that"
              + " it was exported for, or export it for this one",
          file.getFileName(), named.get().sha256(), trunk.getFileName(), found);
    }
    return Optional.of(trunk);
  }
}
