package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.verify.LoadedModel;
import java.nio.file.Path;
import java.util.Optional;
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
          "${COMPLETION-CANDIDATES}. int8 needs --calibration. int8-dynamic is for transformers'"
              + " matrix products, without any images: it gains nothing on convolutions. fp16 is"
              + " for GPUs and size, not for a CPU's speed.")
  private QuantizeMethod method = QuantizeMethod.NONE;

  @Option(
      names = "--target",
      defaultValue = "cpu",
      description =
          "What int8 is written for: ${COMPLETION-CANDIDATES}. portable is right on x86 CPUs without"
              + " VNNI too; tensorrt is symmetric, placed by TensorRT's rules; web keeps on floats"
              + " what is slower on integers in a browser.")
  private Target target = Target.CPU;

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
      description = "How many of them at most, chosen by their contents.")
  private int calibrationImages = 512;

  @Option(
      names = "--guard",
      paramLabel = "DIR|LIST",
      showDefaultValue = Visibility.NEVER,
      description =
          "Images that int8 is held to, a sub-folder a class or a list with labels (CSV, JSONL);"
              + " without it, images of --calibration that no range is measured on.")
  private Optional<Path> guard = Optional.empty();

  @Option(
      names = "--guard-images",
      paramLabel = "N",
      defaultValue = "512",
      description = "How many of them at most, chosen by their contents.")
  private int guardImages = 512;

  @Option(
      names = "--max-drop",
      paramLabel = "POINTS",
      defaultValue = "0.5",
      description =
          "The most that int8 may lose of the accuracy on the guard's labelled images, or of mAP,"
              + " in points; exit 3 otherwise. Images without labels, or too few to tell, are held to float32's"
              + " answers.")
  private double maxDrop = 0.5;

  @Option(
      names = "--min-speedup",
      paramLabel = "R",
      showDefaultValue = Visibility.NEVER,
      description =
          "How many times as fast as float32 the file must be on this machine, on one thread; exit"
              + " 3 otherwise. By default it may be slower, and that is said.")
  private Optional<Double> minSpeedup = Optional.empty();

  @Option(
      names = "--costs",
      paramLabel = "FILE",
      showDefaultValue = Visibility.NEVER,
      description =
          "What layers cost, by which those are chosen that go back to float where int8 loses too"
              + " much; by default a table of an x86-64 CPU with VNNI.")
  private Optional<Path> costs = Optional.empty();

  @Option(
      names = "--measure-costs",
      paramLabel = "FILE",
      showDefaultValue = Visibility.NEVER,
      description =
          "Writes such a table of this machine, for --costs of later exports; this one does not use"
              + " it.")
  private Optional<Path> measureCosts = Optional.empty();

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      showDefaultValue = Visibility.NEVER,
      description =
          "Writes a page about int8: beside float32, fp16 and int8-dynamic, layers by harm and cost,"
              + " and the curve of speed against harm; it takes some minutes more.")
  private Optional<Path> report = Optional.empty();

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

  public Target target() {
    return target;
  }

  /** Where a page about int8 is to be written. */
  public Optional<Path> report() {
    return report;
  }

  /** In points. */
  public double maxDrop() {
    return maxDrop;
  }

  public OnBadImage onBadImage() {
    return onBadImage;
  }

  /**
   * Chooses the images to work with and reads each of them, before the work begins that one of them
   * would end.
   *
   * @param log gets lines about what is left out and passed over
   * @return empty if nothing is to be quantized, or by a method without images
   * @throws Failure (exit 2) naming those that cannot be read, unless they are to be left out, or
   *     if there are too few
   */
  public Optional<ChosenImages> choose(ModelCard card, WorkProgress log) {
    if (method == QuantizeMethod.NONE || calibration.isEmpty()) {
      return Optional.empty();
    }
    Path folder = calibration.get();
    ImageChoice choice = new ImageChoice(card, onBadImage, log);
    if (method != QuantizeMethod.INT8) {
      return Optional.of(choice.withoutGuard(folder, calibrationImages));
    }
    return Optional.of(
        guard.isPresent()
            ? choice.apart(folder, calibrationImages, guard.get(), guardImages)
            : choice.heldOut(folder, calibrationImages, guardImages));
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
    requirePositive("--calibration-images", calibrationImages);
    requirePositive("--guard-images", guardImages);
    if (!(maxDrop >= 0 && maxDrop <= 100)) {
      throw Failure.badInput("--max-drop is in points, from 0 to 100, but is %s", maxDrop);
    }
    if (guard.isPresent() && method != QuantizeMethod.INT8) {
      throw Failure.badInput(
          "--guard holds int8 to its answers: add --quantize int8, or leave it out");
    }
    if ((costs.isPresent() || measureCosts.isPresent()) && method != QuantizeMethod.INT8) {
      throw Failure.badInput(
          "--costs and --measure-costs are for --quantize int8, which chooses layers by them: add"
              + " it, or leave them out");
    }
    if (target != Target.CPU && !isForTarget()) {
      throw Failure.badInput(
          "--target %s is about integers, and --quantize is %s: give --quantize int8%s, or leave"
              + " --target out",
          target, method, target == Target.PORTABLE ? " or int8-dynamic" : "");
    }
    if (target != Target.CPU && measureCosts.isPresent()) {
      throw Failure.badInput(
          "--measure-costs measures this machine, and --target is %s: leave one of them out",
          target);
    }
    if (report.isPresent() && method != QuantizeMethod.INT8) {
      throw Failure.badInput("--report is a page about int8: add --quantize int8, or leave it out");
    }
    costs.ifPresent(CostTable::read); // before the work that it would end
    if (minSpeedup.isPresent() && method == QuantizeMethod.NONE) {
      throw Failure.badInput(
          "--min-speedup is about a quantized file: add --quantize, or leave it out");
    }
    if (minSpeedup.filter(r -> !(r > 0 && r <= 1000)).isPresent()) {
      throw Failure.badInput(
          "--min-speedup must be positive, 1 for as fast as float32, but is %s", minSpeedup.get());
    }
  }

  private boolean isForTarget() {
    return method == QuantizeMethod.INT8
        || (method == QuantizeMethod.INT8_DYNAMIC && target == Target.PORTABLE);
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw Failure.badInput("%s must be positive but is %d", option, value);
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
   * @param chosen what {@link #choose} gave
   * @param force whether a file that breaks its promises is made all the same
   * @param log gets lines of progress and warnings
   * @throws Failure (exit 3) if the answers or the speed are not what is asked for
   */
  public Optional<Quantized> apply(
      OnnxGraph fp32,
      ModelCard card,
      Optional<ChosenImages> chosen,
      boolean force,
      WorkProgress log) {
    Optional<Quantized> quantized = quantize(fp32, card, chosen, force, log);
    quantized.ifPresent(q -> requireSpeed(q.card().method(), q.latency(), force, log));
    return quantized;
  }

  /** The same, for a file that ONNX Runtime does not run: its speed there is nothing asked for. */
  public Optional<Quantized> quantize(
      OnnxGraph fp32,
      ModelCard card,
      Optional<ChosenImages> chosen,
      boolean force,
      WorkProgress log) {
    check(card);
    if (method == QuantizeMethod.NONE) {
      return Optional.empty();
    }
    if (method == QuantizeMethod.INT8) {
      try (Int8Images images = int8Images(card, chosen.orElseThrow())) {
        images.calibration().tell(log);
        images.guard().tell(log);
        measureCosts.ifPresent(file -> CostMeasurement.measure(log::say).write(file));
        Limits limits = new Limits(maxDrop / 100, force, target, costs());
        return Optional.of(
            StaticInt8.quantize(
                fp32, images, card.scoring(), limits, report.isPresent(), log::say));
      }
    }
    try (CalibrationSet images = images(card, chosen)) {
      return Optional.of(
          method == QuantizeMethod.FP16
              ? HalfPrecision.quantize(fp32, images, card.scoring(), log::say)
              : DynamicInt8.quantize(fp32, images, card.scoring(), target, log::say));
    }
  }

  /**
   * Holds what another runtime makes of an int8 model to the same promises.
   *
   * @param fp32 that was quantized
   * @param float32 the float model in the other runtime
   * @param quantized the int8 one there
   * @throws Failure (exit 3) if the answers or the speed are not what is asked for
   */
  public Judged judge(
      OnnxGraph fp32,
      LoadedModel float32,
      LoadedModel quantized,
      ModelCard card,
      ChosenImages chosen,
      boolean force,
      WorkProgress log) {
    String method = "int8 in " + quantized.label();
    Judged judged;
    try (CalibrationSet images = read(chosen.guard(), card.preprocessing().orElseThrow())) {
      Reference reference = Reference.of(fp32, images, card.scoring());
      Guard guard = new Guard(reference, chosen.labels(), maxDrop / 100);
      judged = Judged.of(guard, images, float32, quantized);
    }
    judged.require(method, force, log::say);
    Quantized.sayLatency(method, judged.latency(), log::say);
    requireSpeed(method, judged.latency(), force, log);
    return judged;
  }

  private CostTable costs() {
    return costs.map(CostTable::read).orElseGet(() -> CostTable.shipped(target));
  }

  private void requireSpeed(String what, Latency latency, boolean force, WorkProgress log) {
    double speedup = latency.speedup();
    if (minSpeedup.filter(min -> speedup < min).isEmpty()) {
      return;
    }
    String slow =
        Phrase.of(
            "%s is %.2f times as fast as float32 here (%.2f ms to %.2f ms an image, one thread),"
                + " and --min-speedup is %s",
            what, speedup, latency.floatMillis(), latency.quantizedMillis(), minSpeedup.get());
    if (!force) {
      throw Failure.gate(
          "%s; nothing is written: write it all the same with --force, or leave --quantize out",
          slow);
    }
    log.say("warning: written by --force: " + slow);
  }

  private static Int8Images int8Images(ModelCard card, ChosenImages chosen) {
    Preprocessing preprocessing = card.preprocessing().orElseThrow();
    CalibrationSet calibration = read(chosen.calibration(), preprocessing);
    try {
      return new Int8Images(calibration, read(chosen.guard(), preprocessing), chosen.labels());
    } catch (RuntimeException e) {
      calibration.close();
      throw e;
    }
  }

  private static CalibrationSet read(
      ChosenImages.Selection selection, Preprocessing preprocessing) {
    return CalibrationImages.read(selection.root(), selection.paths(), preprocessing);
  }

  private static CalibrationSet images(ModelCard card, Optional<ChosenImages> chosen) {
    if (chosen.isPresent() && card.preprocessing().isPresent()) {
      return read(chosen.get().calibration(), card.preprocessing().get());
    }
    ModelCard.Input input = card.input();
    return CalibrationSet.uniform(input.channels(), input.height(), input.width(), UNIFORM_INPUTS);
  }
}
