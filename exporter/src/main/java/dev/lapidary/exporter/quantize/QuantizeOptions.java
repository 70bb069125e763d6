package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** The options of a command that quantizes, and the step that they ask for. */
public final class QuantizeOptions {
  /** Enough to see a difference; nothing is calibrated by them. */
  private static final int UNIFORM_INPUTS = 8;

  @Option(
      names = "--quantize",
      defaultValue = "none",
      paramLabel = "METHOD",
      description =
          "${COMPLETION-CANDIDATES}. int8 needs --calibration; int8-dynamic is for matrix products"
              + " only; fp16 is for GPUs and size, not for a CPU's speed.")
  private QuantizeMethod method = QuantizeMethod.NONE;

  @Option(
      names = "--calibration",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description = "Images that int8's ranges are measured on: flat, or a sub-folder a class.")
  private Optional<Path> calibration = Optional.empty();

  @Option(
      names = "--calibration-images",
      paramLabel = "N",
      defaultValue = "512",
      description = "How many of them at most, the sub-folders in equal parts.")
  private int calibrationImages = 512;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "What becomes of unreadable calibration images: ${COMPLETION-CANDIDATES}.")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  public QuantizeMethod method() {
    return method;
  }

  /** Where images may be taken from, for ranges and for the golden check. */
  public Optional<Path> calibration() {
    return calibration;
  }

  public OnBadImage onBadImage() {
    return onBadImage;
  }

  /** Those of a folder's images that ranges will be measured on. */
  public List<String> chosen(List<String> images) {
    return method == QuantizeMethod.NONE
        ? List.of()
        : CalibrationImages.choose(images, calibrationImages);
  }

  /** Refuses (exit 2) what cannot work, before anything has been done. */
  public void check(ModelCard card) {
    if (method == QuantizeMethod.INT8 && calibration.isEmpty()) {
      throw Failure.badInput(
          "--quantize int8 measures ranges on images: add --calibration DIR, such as the training"
              + " images");
    }
    if (calibration.isPresent() && card.preprocessing().isEmpty()) {
      throw Failure.badInput(
          "--calibration needs to know how an image becomes the input, and the model's card does"
              + " not say it: add --resize, --crop, --mean and --std");
    }
    if (calibrationImages < 1) {
      throw Failure.badInput("--calibration-images must be positive but is %d", calibrationImages);
    }
  }

  /**
   * @throws Failure (exit 2) if a network that came quantized is to be quantized again
   */
  public void requireNone(String network) {
    if (method != QuantizeMethod.NONE) {
      throw Failure.badInput(
          "[%s] is quantized already, by %s: its integers are exported as they are; leave"
              + " --quantize out, or give the float model",
          network, SourceQuantization.METHOD);
    }
  }

  /**
   * Quantizes as asked; empty if nothing is asked.
   *
   * @param fp32 optimized, float32 [N, C, H, W] to logits
   * @param log gets lines of progress and warnings
   */
  public Optional<Quantized> apply(OnnxGraph fp32, ModelCard card, Consumer<String> log) {
    check(card);
    if (method == QuantizeMethod.NONE) {
      return Optional.empty();
    }
    try (CalibrationSet images = images(card)) {
      return Optional.of(
          switch (method) {
            case NONE -> throw new IllegalStateException("nothing to do");
            case INT8 -> StaticInt8.quantize(fp32, images, card.scoring(), log);
            case INT8_DYNAMIC -> DynamicInt8.quantize(fp32, images, card.scoring(), log);
            case FP16 -> HalfPrecision.quantize(fp32, images, card.scoring(), log);
          });
    }
  }

  private CalibrationSet images(ModelCard card) {
    if (calibration.isPresent() && card.preprocessing().isPresent()) {
      return CalibrationImages.read(
          calibration.get(), calibrationImages, card.preprocessing().get());
    }
    ModelCard.Input input = card.input();
    return CalibrationSet.uniform(input.channels(), input.height(), input.width(), UNIFORM_INPUTS);
  }
}
