package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The passes in their order: what exposes work for others comes first. */
public final class Passes {
  private static final List<Pass> STANDARD =
      List.of(
          new JoinMoves(),
          new FuseBatchNorm(),
          new FuseAddIntoConv(),
          new FusePadIntoConv(),
          new FusePadIntoMaxPool(),
          new MeanToGlobalAveragePool(),
          new QuantizeMoves(),
          new DequantizeByChannel(),
          new MergeCommonNodes(),
          new EliminateDeadCode());

  private Passes() {}

  public static List<Pass> standard() {
    return STANDARD;
  }

  /** Runs all; returns the number of changes by the pass's name. */
  public static Map<String, Integer> run(OnnxGraph graph) {
    Map<String, Integer> changes = new LinkedHashMap<>();
    for (Pass pass : STANDARD) {
      changes.put(pass.title(), pass.apply(graph));
    }
    return changes;
  }
}
