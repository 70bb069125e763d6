package dev.lapidary.trainer.data;

import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.RgbImage;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Encoded image files; a sample's name is its path from the root.
 *
 * @param root of the names
 * @param limits of what is decoded
 */
record FilePictures(Path root, ImageLimits limits) implements Pictures {
  @Override
  public byte[] bytes(Sample sample) throws IOException {
    return limits.read(root.resolve(sample.name()));
  }

  @Override
  public RgbImage decode(byte[] bytes) {
    return ImageDecoder.decode(bytes, limits);
  }
}
