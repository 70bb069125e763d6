package dev.lapidary.exporter.quantize;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Images in an order that only their bytes decide: by SHA-256. It is as good as a drawn one, and
 * stays whatever the files are called, wherever they lie and in which order they come. What has the
 * same bytes is one image.
 *
 * @param images in that order
 * @param copies how many were left out as copies of others
 */
record ContentOrder(List<ContentOrder.Image> images, int copies) {
  /** Makes this order another one than that of other programs that sort by SHA-256. */
  private static final byte[] SEED = "lapidary/calibration".getBytes(StandardCharsets.UTF_8);

  /**
   * @param path the first, by name, of those with the same bytes
   * @param sha256 of the seed and the bytes, in hexadecimal
   */
  record Image(String path, String sha256) {}

  ContentOrder {
    images = List.copyOf(images);
  }

  /**
   * @param paths relative to the root; a file that cannot be read counts by its name, so that
   *     whoever decodes it can say why
   */
  static ContentOrder of(Path root, List<String> paths) {
    List<String> hashes = new ArrayList<>();
    InOrder.run(paths.size(), i -> sha256(root, paths.get(i)), hashes::add);
    Map<String, String> byContent = new TreeMap<>();
    for (int i = 0; i < paths.size(); i++) {
      byContent.merge(
          hashes.get(i), paths.get(i), (one, other) -> one.compareTo(other) < 0 ? one : other);
    }
    List<Image> images = new ArrayList<>();
    byContent.forEach((hash, path) -> images.add(new Image(path, hash)));
    return new ContentOrder(images, paths.size() - images.size());
  }

  private static String sha256(Path root, String path) {
    byte[] content;
    try {
      content = ImageFile.bytes(root, path, ImageLimits.DEFAULT);
    } catch (UndecodableImage e) {
      content = path.getBytes(StandardCharsets.UTF_8);
    }
    return HexFormat.of().formatHex(sha256(SEED, content));
  }

  /** Of an image's size and pixels. */
  static byte[] sha256(RgbImage image) {
    return sha256(
        "%dx%d".formatted(image.width(), image.height()).getBytes(StandardCharsets.UTF_8),
        image.pixels());
  }

  private static byte[] sha256(byte[] before, byte[] content) {
    MessageDigest digest = Sha256.digest();
    digest.update(before);
    return digest.digest(content);
  }
}
