package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.quantize.ChosenImages;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The folder of {@code --calibration}, which golden images come from. */
final class CalibrationFolder {
  private CalibrationFolder() {}

  /**
   * Reads each image that the golden check will use, before the work begins that one of them would
   * end.
   *
   * @param log gets lines about what is left out and passed over
   * @throws dev.lapidary.core.failure.Failure (exit 2) naming the bad ones, unless they are to be
   *     left out
   */
  static void requireReadable(QuantizeOptions options, Consumer<String> log) {
    options.calibration().ifPresent(folder -> requireReadable(folder, options, log));
  }

  /** The images to quantize with; where there are none to choose, those are readable. */
  static Optional<ChosenImages> chosen(QuantizeOptions options, ModelCard card, WorkProgress log) {
    Optional<ChosenImages> images = options.choose(card, log);
    if (images.isEmpty()) {
      requireReadable(options, log::say);
    }
    return images;
  }

  /**
   * A card with golden images of the folder, if there is one and it can say how they are read.
   *
   * @param chosen what a quantization worked with
   * @param file that the card goes into, written and with all its weights
   */
  static ModelCard golden(
      QuantizeOptions options,
      Optional<ChosenImages> chosen,
      ModelRuntime runtime,
      ModelCard card,
      Path file) {
    Optional<Path> images = options.calibration();
    if (images.isEmpty() || card.preprocessing().isEmpty()) {
      return card;
    }
    List<String> paths =
        chosen
            .map(c -> c.calibration().paths())
            .orElseGet(() -> ImageFiles.of(images.get()).paths());
    try (LoadedModel model = LoadedModel.open(runtime, file, OutputChoice.FIRST)) {
      return golden(images.get(), paths, model, card, file);
    }
  }

  /**
   * @param model that the card is of, opened
   */
  static ModelCard golden(
      Path folder, List<String> paths, LoadedModel model, ModelCard card, Path file) {
    double noise = card.quantization().map(ModelCard.Quantization::logitNoise).orElse(0.0);
    ModelCard golden = card.withGolden(GoldenImages.choose(model, card, folder, paths, noise));
    GoldenImages.replay(model, golden, file);
    return golden;
  }

  private static void requireReadable(Path folder, QuantizeOptions options, Consumer<String> log) {
    ImageFiles files = ImageFiles.of(folder);
    files.passedOver().lines(folder).forEach(log);
    Set<String> used = Set.copyOf(GoldenImages.candidates(files.paths()));
    List<BadImage> bad = new ArrayList<>();
    for (String path : files.paths()) {
      if (used.contains(path)) {
        try {
          ImageFile.read(folder, path, ImageLimits.DEFAULT);
        } catch (UndecodableImage e) {
          bad.add(BadImage.of(path, e));
        }
      }
    }
    BadImage.judge(folder, bad, options.onBadImage()).forEach(log);
  }
}
