package dev.lapidary.trainer.run.probe;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.plan.MemoryFormat;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.Fingerprint;
import dev.lapidary.trainer.run.network.Network;
import java.util.Locale;

/**
 * Chooses the memory format: by a rule, or with {@code memory-format: auto} by measuring a few
 * steps of each. {@code bin/benchmark memory-format} prints what the rule was made of.
 */
public final class MemoryFormatProbe {
  /**
   * Networks for 112 x 112 pixels and more took 0.5 to 0.9 of the time with channels_last; smaller
   * ones up to 2.9 times of it.
   */
  private static final int LARGE_PIXELS = 112 * 112;

  private MemoryFormatProbe() {}

  /** The same with the format written out. */
  public static RunConfig resolve(RunConfig config, Network network, Progress progress) {
    return switch (config.memoryFormat()) {
      case CONTIGUOUS, CHANNELS_LAST -> config;
      case DEFAULT -> config.with(byRule(config.firstDevice(), network.preprocessing(), progress));
      case AUTO -> config.with(measured(config, network, progress));
    };
  }

  private static MemoryFormat byRule(String device, Preprocessing images, Progress progress) {
    boolean large = images.cropHeight() * images.cropWidth() >= LARGE_PIXELS;
    if (!large || !device.equals("cpu") || !Fingerprint.widestInstructions().startsWith("avx")) {
      return MemoryFormat.CONTIGUOUS;
    }
    progress.say(
        "memory format: channels_last, the faster one for images of %dx%d on this kind of CPU"
            .formatted(images.cropHeight(), images.cropWidth()));
    return MemoryFormat.CHANNELS_LAST;
  }

  private static MemoryFormat measured(RunConfig config, Network network, Progress progress) {
    Precision precision =
        config.precision() == PrecisionChoice.AUTO
            ? Precision.FP32
            : config.precision().precision();
    double contiguous = StepSpeed.imagesPerSecond(config, network, precision, false);
    double channelsLast = StepSpeed.imagesPerSecond(config, network, precision, true);
    MemoryFormat faster =
        channelsLast > contiguous ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS;
    progress.say(
        Phrase.of(
            "memory format: contiguous %.1f, channels_last %.1f images/s measured: %s",
            contiguous, channelsLast, faster.name().toLowerCase(Locale.ROOT)));
    return faster;
  }
}
