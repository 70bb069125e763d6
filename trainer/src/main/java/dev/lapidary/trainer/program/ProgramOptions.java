package dev.lapidary.trainer.program;

import java.util.List;
import java.util.Optional;

/**
 * How a program does the network's mathematics.
 *
 * @param channelsLast whether images are given to the network in the memory format {@code
 *     torch.channels_last}
 * @param auxiliary weights of the losses of the heads that the network's {@code forward_aux} gives
 *     after the logits; empty: {@code forward} is trained
 * @param cuts of the network, counted from 1
 * @param segments that gradient checkpointing computes twice; empty: all is kept; not together with
 *     auxiliary heads
 * @param ownOutputs where there is a second head, how many outputs are the first one's, which alone
 *     is evaluated; 0: all
 * @param minBatchNormMomentum that BatchNorm's running statistics move with, in (0, 1]; empty: the
 *     network's own
 */
public record ProgramOptions(
    Precision precision,
    boolean channelsLast,
    List<Double> auxiliary,
    List<NetworkCut> cuts,
    Optional<Segments> segments,
    int ownOutputs,
    Optional<Double> minBatchNormMomentum) {
  public static final ProgramOptions PLAIN = new ProgramOptions(Precision.FP32, false, List.of());

  /** Without cuts and segments. */
  public ProgramOptions(Precision precision, boolean channelsLast, List<Double> auxiliary) {
    this(precision, channelsLast, auxiliary, List.of(), Optional.empty(), 0, Optional.empty());
  }
}
