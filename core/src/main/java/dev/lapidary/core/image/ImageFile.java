package dev.lapidary.core.image;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;

/** A file that somebody says is an image; whatever is wrong with it is said in the same words. */
public final class ImageFile {
  private ImageFile() {}

  /**
   * The upright image of a folder's or a list's file.
   *
   * @param root that the name begins at
   * @throws UndecodableImage if the file is missing, cannot be read, or holds no such image
   */
  public static RgbImage read(Path root, String name, ImageLimits limits) {
    return read(root, name, limits, Background.BLACK);
  }

  /** The same, with a background of its own for what is transparent. */
  public static RgbImage read(Path root, String name, ImageLimits limits, Background background) {
    return ImageDecoder.decode(bytes(root, name, limits), limits, background);
  }

  /**
   * The file's bytes. A name that another system wrote is found all the same: with {@code \} for
   * {@code /}, or in the other of Unicode's forms of the same letters (NFC, NFD).
   *
   * @throws UndecodableImage if it is missing, cannot be read, or is over the limit of bytes
   */
  public static byte[] bytes(Path root, String name, ImageLimits limits) {
    return bytes(find(root, name), limits);
  }

  /**
   * @throws UndecodableImage as for a name
   */
  public static byte[] bytes(Path file, ImageLimits limits) {
    try {
      if (!Files.exists(file)) {
        throw missing(file);
      }
      if (Files.isDirectory(file)) {
        throw UndecodableImage.broken("%s is a folder", file);
      }
      return limits.read(file);
    } catch (AccessDeniedException e) {
      throw UndecodableImage.broken("cannot be read: permission denied");
    } catch (IOException e) {
      throw UndecodableImage.broken("cannot be read: %s", e.toString());
    }
  }

  private static UndecodableImage missing(Path file) throws IOException {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        ? UndecodableImage.broken(
            "a link to %s, which does not exist", Files.readSymbolicLink(file))
        : UndecodableImage.broken("there is no file %s", file);
  }

  private static Path find(Path root, String name) {
    Path asWritten = root.resolve(name);
    if (Files.exists(asWritten)) {
      return asWritten;
    }
    String slashes = name.replace('\\', '/');
    return List.of(
            slashes,
            Normalizer.normalize(slashes, Normalizer.Form.NFC),
            Normalizer.normalize(slashes, Normalizer.Form.NFD))
        .stream()
        .map(root::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElse(asWritten);
  }
}
