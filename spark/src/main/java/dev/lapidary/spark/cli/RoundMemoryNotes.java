package dev.lapidary.spark.cli;

import dev.lapidary.spark.train.RoundCost;
import dev.lapidary.spark.train.RoundMemory;
import java.util.ArrayList;
import java.util.List;

/** What of a round would not fit into memory, before anyone has waited for it. */
final class RoundMemoryNotes {
  private RoundMemoryNotes() {}

  /**
   * @param executor bytes of an executor's heap
   */
  static List<String> of(RoundCost cost, long executor) {
    return of(cost, Runtime.getRuntime().maxMemory(), executor);
  }

  static List<String> of(RoundCost cost, long driver, long executor) {
    long ofDriver = (long) RoundMemory.driver(cost.bytes());
    long ofSlice = (long) RoundMemory.slice(cost.workers(), cost.slices(), cost.bytes());
    List<String> lines = new ArrayList<>();
    lines.add(
        "  memory: about %d MB of the driver's heap of %d MB, %d MB of an executor's of %d MB"
            .formatted(ofDriver >> 20, driver >> 20, ofSlice >> 20, executor >> 20));
    if (ofDriver > driver) {
      lines.add(
          "  warning: the driver would run out of memory; give --driver-memory %dm"
              .formatted((ofDriver >> 20) + 1));
    }
    if (ofSlice > executor) {
      lines.add(
          "  warning: executors would run out of memory; give --executor-memory %dm"
              .formatted((ofSlice >> 20) + 1));
    }
    return lines;
  }
}
