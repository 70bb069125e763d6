package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Box;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Resample;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.runtime.model.GoldenCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A few images with the logits that a file must give for them: whoever loads it can see that pixels
 * become the same tensor and the tensor the same answer.
 */
public final class GoldenImages {
  /** fp32 on another machine: relative to the greatest logit. */
  static final double TOLERANCE = 1e-3;

  private static final int IMAGES = 4;
  private static final int CANDIDATES = 64;
  private static final int MAX_PNG_BYTES = (64 << 10) / IMAGES;

  /** Longest sides that are tried until the PNG is small enough; any pixels make a check. */
  private static final int[] SIDES = {Integer.MAX_VALUE, 128, 96, 64, 48, 32};

  private GoldenImages() {}

  /**
   * @param margin by how much the answer is clear: the distance to the second class, or, of a
   *     multi-label model, of the least clear label to its threshold
   */
  private record Candidate(GoldenImage image, int argmax, double margin) {}

  /**
   * The images with the clearest answers, of different classes first. Of a multi-label model hardly
   * any image is clear in all of its labels, so the logits alone are held.
   *
   * @param card of the file, which must say how images become inputs
   * @param candidates paths of images of the folder
   * @param noise by how much the logits may differ on another machine, beside {@link #TOLERANCE}:
   *     what was measured for a quantized file, 0 for a float one
   */
  public static List<GoldenImage> choose(
      LoadedModel model, ModelCard card, Path folder, List<String> candidates, double noise) {
    Map<Integer, List<Candidate>> byClass = new TreeMap<>();
    ImageInput input = ImageInput.of(card);
    for (String path : candidates(candidates)) {
      byte[] png = smallPng(folder, path, input.alpha());
      if (png.length > 0) {
        Candidate candidate = candidate(model, input, card.scoring(), png, noise);
        boolean clear =
            card.scoring().several() || candidate.margin() > 2 * candidate.image().tolerance();
        if (clear && (!card.input().anySize() || servedAlike(model, input, candidate.image()))) {
          byClass.computeIfAbsent(candidate.argmax(), c -> new ArrayList<>()).add(candidate);
        }
      }
    }
    return clearest(byClass);
  }

  /** Those of many images that are looked at. */
  public static List<String> candidates(List<String> all) {
    return spread(all, CANDIDATES);
  }

  /** So many of them at the most, spread evenly over their order. */
  public static List<String> spread(List<String> all, int most) {
    int count = Math.min(all.size(), most);
    return IntStream.range(0, count)
        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
        .toList();
  }

  private static Candidate candidate(
      LoadedModel model, ImageInput input, Scoring scoring, byte[] png, double noise) {
    Tensor tensor = input.tensor(ImageDecoder.decode(png, ImageLimits.DEFAULT, input.alpha()));
    Logits logits = model.run(tensor);
    List<Float> values = new ArrayList<>();
    double second = Double.NEGATIVE_INFINITY;
    double minimum = Double.POSITIVE_INFINITY;
    int argmax = logits.argmax(0);
    for (int i = 0; i < logits.values().length; i++) {
      values.add(logits.values()[i]);
      second = i == argmax ? second : Math.max(second, logits.values()[i]);
      minimum = Math.min(minimum, scoring.distance(logits.values()[i]));
    }
    double tolerance = Math.max(TOLERANCE * logits.maxAbs(), noise);
    GoldenImage image =
        new GoldenImage(
            Base64.getEncoder().encodeToString(png), ImageInput.sha256(tensor), values, tolerance);
    double margin = scoring.several() ? minimum : logits.values()[argmax] - second;
    return new Candidate(image, argmax, margin);
  }

  /**
   * Whether a resize outside of the graph, which may differ from the graph's by a level, leaves the
   * answer well within the tolerance: servers feed resized images.
   */
  private static boolean servedAlike(LoadedModel model, ImageInput input, GoldenImage image) {
    byte[] png = Base64.getDecoder().decode(image.pngBase64());
    float[] served =
        model.run(input.served(ImageDecoder.decode(png, ImageLimits.DEFAULT))).values();
    for (int i = 0; i < served.length; i++) {
      if (Math.abs(served[i] - image.logits().get(i)) > image.tolerance() / 2) {
        return false;
      }
    }
    return true;
  }

  /** One of each class in turn, the clearest first. */
  private static List<GoldenImage> clearest(Map<Integer, List<Candidate>> byClass) {
    Comparator<Candidate> order = Comparator.comparingDouble(c -> -c.margin());
    byClass.values().forEach(list -> list.sort(order));
    return IntStream.range(0, CANDIDATES)
        .boxed()
        .flatMap(
            rank ->
                byClass.values().stream()
                    .filter(list -> rank < list.size())
                    .map(list -> list.get(rank))
                    .sorted(order))
        .limit(IMAGES)
        .map(Candidate::image)
        .toList();
  }

  /** Empty if no size is small enough, or the image cannot be read: others make the check. */
  private static byte[] smallPng(Path folder, String path, Background alpha) {
    try {
      return smallPng(ImageFile.read(folder, path, ImageLimits.DEFAULT, alpha), alpha);
    } catch (UndecodableImage e) {
      return new byte[0];
    }
  }

  /** What is of the background's colour is transparent there: a wrong background shows. */
  private static byte[] smallPng(RgbImage image, Background alpha) {
    for (int side : SIDES) {
      int longest = Math.max(image.width(), image.height());
      double scale = Math.min(1, side / (double) longest);
      int width = (int) Math.max(1, Math.round(image.width() * scale));
      int height = (int) Math.max(1, Math.round(image.height() * scale));
      byte[] png =
          PngWriter.encode(
              Resample.resize(
                  image, Box.of(image), width, height, Preprocessing.Interpolation.BILINEAR),
              alpha);
      if (png.length <= MAX_PNG_BYTES) {
        return png;
      }
    }
    return new byte[0];
  }

  /**
   * Runs a card's golden images on the file that the card is in.
   *
   * @throws Failure (exit 3) saying which image and what differs
   */
  public static void replay(LoadedModel model, ModelCard card, Path file) {
    if (card.golden().isEmpty() || card.preprocessing().isEmpty()) {
      return;
    }
    ImageInput input = ImageInput.of(card);
    GoldenCheck.of(
            card.golden(),
            input.alpha(),
            card.scoring(),
            image -> answer(model, input.tensor(image)))
        .ifPresent(difference -> refuse(difference, file));
  }

  private static GoldenCheck.Answer answer(LoadedModel model, Tensor tensor) {
    return new GoldenCheck.Answer(tensor.bytes(), () -> model.run(tensor).values());
  }

  private static void refuse(GoldenCheck.Difference difference, Path file) {
    if (difference.damaged()) {
      throw Failure.badInput(
          "[%s] %s; the card is damaged or another model's, export the model again",
          file.getFileName(), difference.reason());
    }
    throw Failure.gate(
        "[%s] %s; this runtime or machine does not give the file's answers",
        file.getFileName(), difference.reason());
  }
}
