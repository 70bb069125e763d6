package dev.lapidary.trainer.augment;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What training does to an image before the network sees it, as a list of steps: {@code
 * rrc(scale=0.35..1), hflip, trivial, erase(p=0.25), mixup}.
 *
 * <p>The first step makes the input's size: {@code rrc}, or, where the list has none, the resize
 * and crop of evaluation. Then come steps on pixels in the list's order, then steps on the
 * normalized image, and one on the batch, drawn evenly where {@code mixup} and {@code cutmix} are
 * both listed. Every step draws from its own stream of (seed, epoch, sample, step).
 */
public final class Augmentation implements View {
  /** A moderate choice for fine-tuning on few images. */
  public static final String DEFAULT = "rrc(scale=0.35..1), hflip";

  private static final Pattern STEP =
      Pattern.compile("\\s*([A-Za-z]+)\\s*(?:\\(([^()]*)\\))?\\s*(?:,|$)");
  private static final String STEPS =
      "rrc, hflip, vflip, rotate, affine, jitter, gray, blur, randaugment, trivial, augmix, erase,"
          + " mixup, cutmix";

  private final Preprocessor preprocessor;
  private final long seed;
  private Optional<RandomResizedCrop> crop = Optional.empty();
  private final List<PixelStep> pixelSteps = new ArrayList<>();
  private final List<TensorStep> tensorSteps = new ArrayList<>();
  private final List<BatchStep> batchSteps = new ArrayList<>();

  private Augmentation(Preprocessing rule, long seed) {
    this.preprocessor = Preprocessor.of(rule);
    this.seed = seed;
  }

  /**
   * Reads a list of steps; blank or {@code none} changes nothing.
   *
   * @throws Failure (exit 2) naming the step or option that does not exist, and those that do
   */
  public static Augmentation parse(String text, Preprocessing rule, long seed) {
    Augmentation augmentation = new Augmentation(rule, seed);
    if (text.isBlank() || text.strip().equals("none")) {
      return augmentation;
    }
    Matcher steps = STEP.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (!steps.find() || steps.start() != at) {
        throw Failure.badInput(
            "[augment] expected step or step(key=value, ...) at '%s'", text.substring(at).strip());
      }
      at = steps.end();
      String name = steps.group(1).toLowerCase(Locale.ROOT);
      String inside = steps.group(2);
      StepArguments options = StepArguments.parse(name, inside == null ? "" : inside);
      augmentation.add(name, options, rule);
      options.requireAllKnown();
    }
    return augmentation;
  }

  private void add(String name, StepArguments options, Preprocessing rule) {
    switch (name) {
      case "rrc" -> addCrop(RandomResizedCrop.of(options, rule));
      case "hflip" -> pixelSteps.add(Flip.of(true, options));
      case "vflip" -> pixelSteps.add(Flip.of(false, options));
      case "rotate" -> pixelSteps.add(Rotation.of(options));
      case "affine" -> pixelSteps.add(Affine.of(options));
      case "jitter" -> pixelSteps.add(ColourJitter.of(options));
      case "gray" -> pixelSteps.add(Grayscale.of(options));
      case "blur" -> pixelSteps.add(GaussianBlur.of(options));
      case "randaugment" -> pixelSteps.add(RandAugment.of(options));
      case "trivial" -> pixelSteps.add(TrivialAugmentWide.of(options));
      case "augmix" -> pixelSteps.add(AugMix.of(options));
      case "erase" -> tensorSteps.add(RandomErasing.of(options));
      case "mixup" -> batchSteps.add(Mixup.of(options));
      case "cutmix" -> batchSteps.add(CutMix.of(options));
      default -> throw Failure.badInput("[augment] there is no step %s; there are %s", name, STEPS);
    }
  }

  private void addCrop(RandomResizedCrop step) {
    if (crop.isPresent() || !pixelSteps.isEmpty()) {
      throw Failure.badInput("[augment] rrc makes the input's size and must be the first step");
    }
    crop = Optional.of(step);
  }

  @Override
  public RgbImage of(RgbImage image, long epoch, long sample) {
    RgbImage view =
        crop.isPresent()
            ? crop.get().apply(image, RandomStream.of(seed, epoch, sample, "rrc"))
            : preprocessor.view(image);
    for (int i = 0; i < pixelSteps.size(); i++) {
      view = pixelSteps.get(i).apply(view, RandomStream.of(seed, epoch, sample, "pixels " + i));
    }
    return view;
  }

  @Override
  public void normalized(float[] images, int offset, long epoch, long sample) {
    Preprocessing rule = preprocessor.rule();
    for (int i = 0; i < tensorSteps.size(); i++) {
      RandomStream random = RandomStream.of(seed, epoch, sample, "tensor " + i);
      tensorSteps
          .get(i)
          .apply(images, offset, rule.channels(), rule.cropHeight(), rule.cropWidth(), random);
    }
  }

  @Override
  public Batch mixed(Batch batch, long epoch, long number) {
    if (batchSteps.isEmpty()) {
      return batch;
    }
    Preprocessing rule = preprocessor.rule();
    RandomStream random = RandomStream.of(seed, epoch, number, "batch");
    BatchStep step = batchSteps.get(random.below(batchSteps.size()));
    return step.apply(batch, rule.channels(), rule.cropHeight(), rule.cropWidth(), random);
  }

  /** Whether it changes nothing. */
  public boolean isNone() {
    return toString().equals("none");
  }

  /** Whether it makes an image out of several of its batch. */
  public boolean mixes() {
    return !batchSteps.isEmpty();
  }

  /** All steps with all options, as {@link #parse} reads them. */
  @Override
  public String toString() {
    String steps =
        Stream.of(crop.stream(), pixelSteps.stream(), tensorSteps.stream(), batchSteps.stream())
            .flatMap(kind -> kind)
            .map(Object::toString)
            .collect(Collectors.joining(", "));
    return steps.isEmpty() ? "none" : steps;
  }
}
