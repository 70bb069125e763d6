package dev.lapidary.trainer.data;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a dataset's pixels come from. Safe for many threads. */
public sealed interface Pictures permits FilePictures, IdxPictures, PicturesOfBoth {
  /**
   * The stored bytes, for hashes: an encoded file, or raw pixels.
   *
   * @throws UndecodableImage if the file is over the limit of bytes
   */
  byte[] bytes(Sample sample) throws IOException;

  /** The file of its own that a sample's image lies in; empty where many share one. */
  default Optional<Path> file(Sample sample) {
    return Optional.empty();
  }

  /**
   * The upright image.
   *
   * @param alpha what it is put on if it is transparent
   * @throws UndecodableImage if the file is damaged or over a limit
   */
  RgbImage decode(Sample sample, byte[] bytes, Background alpha);

  default RgbImage image(Sample sample, Background alpha) throws IOException {
    return decode(sample, bytes(sample), alpha);
  }
}
