package dev.lapidary.runtime.model;

import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.measure.Argmax;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs the images that the card carries again, on this machine: the input tensor must be the same
 * to the bit, the logits within the card's tolerance, under a softmax the argmax the same. It
 * catches a decoder, a resize or a runtime that answers otherwise than the one that the model was
 * verified with.
 */
public final class GoldenCheck {
  private GoldenCheck() {}

  /**
   * What a loaded model makes of an image.
   *
   * @param input the tensor's bytes, little-endian
   * @param logits asked for only if the input is the right one
   */
  public record Answer(ByteBuffer input, Supplier<float[]> logits) {}

  /**
   * The first golden image that is not answered as the card says.
   *
   * @param damaged whether the card itself is broken: its image does not decode, or its logits are
   *     of another model
   * @param reason such as {@code golden image 0: the argmax is 1, expected 2}
   */
  public record Difference(boolean damaged, String reason) {}

  /** Returns nothing if all are answered as the card says, or if there are none. */
  public static Optional<Difference> of(
      List<GoldenImage> images,
      Background alpha,
      Scoring scoring,
      Function<RgbImage, Answer> model) {
    for (int i = 0; i < images.size(); i++) {
      String source = "golden image " + i;
      Optional<Difference> found = difference(source, images.get(i), alpha, scoring, model);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<Difference> difference(
      String source,
      GoldenImage image,
      Background alpha,
      Scoring scoring,
      Function<RgbImage, Answer> model) {
    RgbImage pixels;
    try {
      byte[] png = Base64.getDecoder().decode(image.pngBase64());
      pixels = ImageDecoder.decode(png, ImageLimits.DEFAULT, alpha);
    } catch (IllegalArgumentException | UndecodableImage e) {
      return Optional.of(new Difference(true, source + " is no image: " + e.getMessage()));
    }
    Answer answer = model.apply(pixels);
    String sha256 = Sha256.of(answer.input());
    if (!sha256.equals(image.inputSha256())) {
      return differs(
          "%s: the input tensor's SHA-256 is %s, expected %s", source, sha256, image.inputSha256());
    }
    float[] logits = answer.logits().get();
    int count = image.logits().size();
    if (logits.length != count) {
      return Optional.of(
          new Difference(
              true,
              "%s has %d logits and the file gives %d".formatted(source, count, logits.length)));
    }
    return compare(source, logits, image, scoring);
  }

  private static Optional<Difference> compare(
      String source, float[] logits, GoldenImage image, Scoring scoring) {
    float[] expected = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      expected[i] = image.logits().get(i);
      // Written so that NaN fails.
      if (!(Math.abs(logits[i] - expected[i]) <= image.tolerance())) {
        return differs(
            "%s: logit %d is %.6g, expected %.6g within %.3g",
            source, i, logits[i], expected[i], image.tolerance());
      }
    }
    int argmax = Argmax.of(logits);
    int expectedArgmax = Argmax.of(expected); // of zeros of both signs the first, too
    return argmax == expectedArgmax || scoring.several()
        ? Optional.empty()
        : differs("%s: the argmax is %d, expected %d", source, argmax, expectedArgmax);
  }

  private static Optional<Difference> differs(String format, Object... arguments) {
    return Optional.of(new Difference(false, String.format(Locale.ROOT, format, arguments)));
  }
}
