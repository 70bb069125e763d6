package dev.lapidary.serve.model;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Runs the images that the card carries again, on this machine: the input tensor must be the same
 * to the bit, the logits within the card's tolerance, under a softmax the argmax the same. It
 * catches a decoder, a resize or a runtime that answers otherwise than the one that the model was
 * verified with.
 */
public final class GoldenCheck {
  private GoldenCheck() {}

  /** Returns why the model must not be served; empty if it may, or if the card has no images. */
  public static Optional<String> failure(ServedModel model) {
    List<GoldenImage> images = model.card().map(ModelCard::golden).orElse(List.of());
    for (int i = 0; i < images.size(); i++) {
      Optional<String> reason = failure(model, images.get(i));
      if (reason.isPresent()) {
        return Optional.of("golden image %d: %s".formatted(i, reason.get()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> failure(ServedModel model, GoldenImage image) {
    float[] input;
    try {
      byte[] png = Base64.getDecoder().decode(image.pngBase64());
      input = model.inputOf(png, ImageLimits.DEFAULT);
    } catch (IllegalArgumentException | UndecodableImage e) {
      return Optional.of("it does not decode: " + e.getMessage());
    }
    String sha256 = sha256(model.session().form().bytes(FloatBuffer.wrap(input)));
    if (!sha256.equals(image.inputSha256())) {
      return Optional.of(
          "the input tensor's SHA-256 is %s, expected %s".formatted(sha256, image.inputSha256()));
    }
    return compare(run(model, input), image, model.scoring());
  }

  private static Optional<String> compare(float[] logits, GoldenImage image, Scoring scoring) {
    if (logits.length != image.logits().size()) {
      return Optional.of("%d logits, expected %d".formatted(logits.length, image.logits().size()));
    }
    int argmax = 0;
    int expectedArgmax = 0;
    for (int i = 0; i < logits.length; i++) {
      float expected = image.logits().get(i);
      // Written so that NaN fails.
      if (!(Math.abs(logits[i] - expected) <= image.tolerance())) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "logit %d is %.6g, expected %.6g within %.3g",
                i,
                logits[i],
                expected,
                image.tolerance()));
      }
      argmax = logits[i] > logits[argmax] ? i : argmax;
      expectedArgmax = expected > image.logits().get(expectedArgmax) ? i : expectedArgmax;
    }
    return argmax == expectedArgmax || scoring.several()
        ? Optional.empty()
        : Optional.of("the argmax is %d, expected %d".formatted(argmax, expectedArgmax));
  }

  private static float[] run(ServedModel model, float[] input) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Float.BYTES * input.length).order(ByteOrder.nativeOrder());
    try {
      return model.network().run(bytes.asFloatBuffer().put(input).flip(), 1);
    } catch (Exception e) {
      throw new IllegalStateException("the network failed on its own golden image", e);
    }
  }

  private static String sha256(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
