package dev.lapidary.exporter.verify;

import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageDecoder;
import dev.lapidary.models.image.ImageLimits;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.image.Preprocessor;
import dev.lapidary.models.image.RgbImage;
import dev.lapidary.models.image.UndecodableImage;
import dev.lapidary.models.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Images as a model's input: FLOAT32 [1, C, H, W]. */
public final class ImageInput {
  private final Preprocessing rule;
  private final Preprocessor preprocessor;

  public ImageInput(Preprocessing rule) {
    this.rule = rule;
    this.preprocessor = Preprocessor.of(rule);
  }

  /**
   * @param root and path as an {@code ImageFolder} lists them
   * @throws Failure (exit 2) naming the file
   */
  public static RgbImage decode(Path root, String path) {
    try {
      return ImageDecoder.decode(Files.readAllBytes(root.resolve(path)), ImageLimits.DEFAULT);
    } catch (UndecodableImage e) {
      throw Failure.badInput(
          "[%s] cannot be decoded: %s; take it out of the folder",
          root.resolve(path), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw Failure.failed(
          "[%s] cannot be read: %s", root.resolve(path), String.valueOf(e.getMessage()));
    }
  }

  public float[] values(RgbImage image) {
    float[] values = new float[rule.inputLength()];
    preprocessor.apply(image, values, 0);
    return values;
  }

  public Tensor tensor(RgbImage image) {
    return Tensor.of(values(image), 1, rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /** Of the tensor's bytes, little-endian, in hexadecimal. */
  public static String sha256(Tensor input) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(input.bytes());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
