package dev.lapidary.models.trace;

import java.util.List;
import java.util.Optional;

/**
 * How a program is run.
 *
 * @param inputShape of one sample, {@code [channels, height, width]}; the batch is symbolic
 * @param outputIndex which element of a tuple holds the logits; empty: the first tensor
 * @param outputKey which element of a dict or named tuple holds the logits; empty: {@code logits},
 *     {@code out}, else the first tensor
 */
public record TraceOptions(
    List<Long> inputShape,
    Optional<Integer> outputIndex,
    Optional<String> outputKey,
    TraceLimits limits) {
  public TraceOptions {
    inputShape = List.copyOf(inputShape);
    if (inputShape.stream().anyMatch(size -> size < 1 || size > 1 << 16)) {
      throw new IllegalArgumentException("an input of " + inputShape);
    }
  }

  public static TraceOptions of(long channels, long height, long width) {
    return new TraceOptions(
        List.of(channels, height, width), Optional.empty(), Optional.empty(), TraceLimits.DEFAULT);
  }

  public TraceOptions withOutputIndex(int index) {
    return new TraceOptions(inputShape, Optional.of(index), outputKey, limits);
  }

  public TraceOptions withOutputKey(String key) {
    return new TraceOptions(inputShape, outputIndex, Optional.of(key), limits);
  }

  public TraceOptions withLimits(TraceLimits other) {
    return new TraceOptions(inputShape, outputIndex, outputKey, other);
  }
}
