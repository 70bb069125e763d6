package dev.lapidary.trainer.program;

import java.util.List;
import java.util.Optional;

/** Options of a program that is plain but for one thing. */
final class PlainProgram {
  private PlainProgram() {}

  static ProgramOptions with(NetworkCut cut) {
    return options(List.of(cut), Optional.empty());
  }

  static ProgramOptions with(Segments segments) {
    return with(ProgramOptions.PLAIN, segments);
  }

  static ProgramOptions with(ProgramOptions others, Segments segments) {
    return new ProgramOptions(
        others.precision(),
        others.channelsLast(),
        others.auxiliary(),
        others.cuts(),
        Optional.of(segments),
        others.ownOutputs(),
        others.minBatchNormMomentum());
  }

  static ProgramOptions withBatchNormMomentum(Optional<Double> minimum) {
    return options(List.of(), minimum);
  }

  private static ProgramOptions options(List<NetworkCut> cuts, Optional<Double> minimum) {
    return new ProgramOptions(Precision.FP32, false, List.of(), cuts, Optional.empty(), 0, minimum);
  }
}
