package dev.lapidary.trainer.data;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.RgbImage;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Encoded image files; a sample's name is its path from the root.
 *
 * @param root of the names
 * @param limits of what is decoded
 */
record FilePictures(Path root, ImageLimits limits) implements Pictures {
  @Override
  public byte[] bytes(Sample sample) {
    return ImageFile.bytes(root, sample.name(), limits);
  }

  @Override
  public Optional<Path> file(Sample sample) {
    return Optional.of(root.resolve(sample.name()));
  }

  @Override
  public RgbImage decode(Sample sample, byte[] bytes, Background alpha) {
    return ImageDecoder.decode(bytes, limits, alpha);
  }
}
