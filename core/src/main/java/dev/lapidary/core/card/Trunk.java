package dev.lapidary.core.card;

import java.util.regex.Pattern;

/**
 * The network whose features a head takes, by {@code exporter onnx --head-of}: a file of its own,
 * exported with {@code --output features}, that several heads share. The head's card describes what
 * both are together: its input is the trunk's, its logits are those of images.
 *
 * @param sha256 of the trunk's file, 64 hexadecimal digits in lower case
 * @param output name of the trunk's output, which is the head's input too
 * @param features numbers an image, at least 1: both are {@code [N, features]} float32
 */
public record Trunk(String sha256, String output, int features) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public Trunk {
    if (!SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "the trunk's sha256 is '%s', expected 64 hexadecimal digits".formatted(sha256));
    }
    if (output.isBlank()) {
      throw new IllegalArgumentException("the trunk's output has no name");
    }
    if (features < 1) {
      throw new IllegalArgumentException(
          "the trunk gives %d features, expected at least 1".formatted(features));
    }
  }
}
