package dev.lapidary.core.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a decoder accepts. All three are checked before any pixel is allocated, so a file of a few
 * bytes that claims gigabytes costs nothing.
 *
 * @param maxBytes of the encoded file
 * @param maxSide of width and of height, in pixels
 * @param maxPixels width x height
 */
public record ImageLimits(long maxBytes, int maxSide, long maxPixels) {
  /** 64 MiB, 16 384 a side, 50 megapixels (150 MB decoded). */
  public static final ImageLimits DEFAULT = new ImageLimits(64L << 20, 16_384, 50_000_000);

  public ImageLimits {
    if (maxBytes < 1 || maxSide < 1 || maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
      throw new IllegalArgumentException(
          "image limits must be positive, with at most %d pixels, but are %d bytes, %d a side, %d"
              .formatted(Integer.MAX_VALUE / 4, maxBytes, maxSide, maxPixels));
    }
  }

  /**
   * All bytes of a file; its size is looked at before it is read.
   *
   * @throws UndecodableImage if it has more than {@code maxBytes}
   */
  public byte[] read(Path file) throws IOException {
    requireBytes(Files.size(file));
    return Files.readAllBytes(file);
  }

  void requireBytes(long bytes) {
    if (bytes > maxBytes) {
      throw UndecodableImage.tooLarge("%d bytes, more than the limit of %d", bytes, maxBytes);
    }
  }

  void requireSize(long width, long height) {
    if (width < 1 || height < 1) {
      throw UndecodableImage.broken("its header says %d x %d pixels", width, height);
    }
    if (width > maxSide || height > maxSide) {
      throw UndecodableImage.tooLarge(
          "%d x %d pixels, more than the limit of %d a side", width, height, (long) maxSide);
    }
    if (width * height > maxPixels) {
      throw UndecodableImage.tooLarge(
          "%d x %d = %d pixels, more than the limit of %d",
          width, height, width * height, maxPixels);
    }
  }
}
