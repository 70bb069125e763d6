package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ModelStatistics.Stages;
import java.util.Locale;

/** The header {@code Server-Timing} (W3C): where a request's time went, in milliseconds. */
final class ServerTiming {
  static final String HEADER = "Server-Timing";

  private ServerTiming() {}

  /** Taking apart and decoding, waiting for a batch, and the batch's run. */
  static String of(Stages stages) {
    return String.format(
        Locale.ROOT,
        "decode;dur=%.3f, queue;dur=%.3f, run;dur=%.3f",
        stages.input() / 1e6,
        stages.queue() / 1e6,
        stages.infer() / 1e6);
  }
}
