package dev.lapidary.runtime.model;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.session.Device;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** Opens a TorchScript classifier, with what its card or the user says of it. */
public final class TorchScriptLoader {
  private static final long OPEN = -1;

  private TorchScriptLoader() {}

  /**
   * What runs archives here.
   *
   * @throws Failure (exit 4) if nothing on the class path does
   */
  public static TorchScriptEngine engine() {
    try {
      return ServiceLoader.load(TorchScriptEngine.class, TorchScriptLoader.class.getClassLoader())
          .findFirst()
          .orElseThrow(() -> missing("no dev.lapidary:pytorch is on the class path"));
    } catch (ServiceConfigurationError | LinkageError e) {
      throw incomplete(e);
    }
  }

  private static Failure incomplete(Error error) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    return missing(
        "dev.lapidary:pytorch is on the class path, but it lacks " + Failure.reason(cause));
  }

  private static Failure missing(String found) {
    return Failure.unsupported(
        "--engine pytorch: %s, expected it and what it depends on: DJL's api, pytorch-engine and"
            + " pytorch-jni, and libtorch (pytorch-native-cpu); the launchers add them where the"
            + " command line, or LAPIDARY_SERVE_ENGINE, says pytorch; or export the archive with"
            + " exporter onnx, and leave the option out",
        found);
  }

  /**
   * For a process that decodes images beside the runs.
   *
   * @param threads that one run of the network uses; the same for all archives of a process
   * @throws Failure (exit 2) if it cannot be served, saying why, (exit 4) if nothing here runs it
   */
  public static ServedModel load(
      Path file, PreprocessingOptions options, ScoringOptions scoring, Device device, int threads) {
    String fileName = String.valueOf(file.getFileName());
    TorchScriptEngine engine = engine();
    if (device.isGpu()) {
      throw Failure.unsupported(
          "[%s] --engine pytorch runs archives on the CPU alone, not on %s; take --device cpu, or"
              + " export it with exporter onnx",
          fileName, device);
    }
    ModelFile source = new ModelFile.OnDisk(file);
    Supplier<String> sha256 = source.sha256Meanwhile();
    ImageNetwork network = null;
    try {
      TorchScriptEngine.Archive archive = engine.read(file);
      Size size = size(archive.card(), options, fileName);
      Ending ending = ending(archive, size, scoring, fileName);
      network = archive.open(size.channels(), size.height(), size.width(), threads);
      return ModelLoader.served(
          new ModelLoader.ReadNetwork(
              network, ModelFormat.TORCHSCRIPT, fileName, sha256.get(), archive.card(), ending),
          Optional.of(options),
          scoring);
    } catch (LinkageError e) {
      throw incomplete(e);
    } catch (RuntimeException e) {
      if (network != null) {
        network.close();
      }
      throw e;
    }
  }

  /** Of one image; an archive's text does not say it. */
  private record Size(int channels, int height, int width) {}

  private static Size size(
      Optional<ModelCard> card, PreprocessingOptions options, String fileName) {
    if (card.isPresent()) {
      ModelCard.Input input = card.get().input();
      return new Size(input.channels(), input.height(), input.width());
    }
    Preprocessing rule =
        options.preprocessing(
            new long[] {OPEN, OPEN, OPEN, OPEN}, ModelFormat.TORCHSCRIPT, fileName);
    return new Size(rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /** A card says what the file gives; nothing is guessed where its program does not tell. */
  private static Ending ending(
      TorchScriptEngine.Archive archive, Size size, ScoringOptions scoring, String fileName) {
    Optional<Scores> given = scoring.scores();
    if (archive.card().isPresent() || given.isPresent()) {
      return Ending.LOGITS;
    }
    try {
      return archive.ending(size.channels(), size.height(), size.width());
    } catch (Failure e) {
      throw Failure.badInput(
          "[%s] whether it gives logits or the scores of a softmax or sigmoid cannot be told from"
              + " its program (%s); say it with --scores",
          fileName, Failure.reason(e));
    }
  }
}
