package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.util.List;

/**
 * How a program is run.
 *
 * @param inputShape of one sample, {@code [channels, height, width]}; the batch is symbolic
 * @param output which output holds the logits
 */
public record TraceOptions(List<Long> inputShape, OutputChoice output, TraceLimits limits) {
  public TraceOptions {
    inputShape = List.copyOf(inputShape);
    if (inputShape.stream().anyMatch(size -> size < 1 || size > 1 << 16)) {
      throw new IllegalArgumentException("an input of " + inputShape);
    }
  }

  public static TraceOptions of(long channels, long height, long width) {
    return new TraceOptions(
        List.of(channels, height, width), OutputChoice.FIRST, TraceLimits.DEFAULT);
  }

  public TraceOptions withLimits(TraceLimits other) {
    return new TraceOptions(inputShape, output, other);
  }
}
