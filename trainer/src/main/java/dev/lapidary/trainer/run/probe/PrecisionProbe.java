package dev.lapidary.trainer.run.probe;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.Precision;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.Network;
import java.util.List;
import java.util.Locale;

/**
 * Chooses {@code precision: auto} by measuring a few steps of each: most CPUs compute float32
 * fastest. The networks that it trains are thrown away; the run's own is not touched.
 */
public final class PrecisionProbe {
  /** A gain below this is no reason to compute less exactly. */
  private static final double WORTH = 1.1;

  private PrecisionProbe() {}

  public static RunConfig resolve(RunConfig config, Network network, Progress progress) {
    if (config.precision() != PrecisionChoice.AUTO) {
      return config;
    }
    List<Precision> candidates =
        config.firstDevice().startsWith("cuda")
            ? List.of(Precision.BF16, Precision.FP16)
            : List.of(Precision.BF16);
    double full = StepSpeed.imagesPerSecond(config, network, Precision.FP32, config.channelsLast());
    StringBuilder text = new StringBuilder(Phrase.of("precision: fp32 %.1f", full));
    Precision chosen = Precision.FP32;
    double best = full * WORTH;
    for (Precision candidate : candidates) {
      double speed = StepSpeed.imagesPerSecond(config, network, candidate, config.channelsLast());
      text.append(Phrase.of(", %s %.1f", name(candidate), speed));
      if (speed > best) {
        chosen = candidate;
        best = speed;
      }
    }
    progress.say(text + " images/s measured: " + name(chosen));
    return config.with(PrecisionChoice.of(chosen));
  }

  private static String name(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
