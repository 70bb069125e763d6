package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.quantize.CurvePoint;
import dev.lapidary.exporter.quantize.Latency;
import dev.lapidary.exporter.quantize.Loss;
import dev.lapidary.exporter.quantize.Quantized;
import dev.lapidary.exporter.quantize.Verdict;
import java.util.List;
import java.util.Optional;

/** What was measured of a quantized file, for {@code --json}. */
record Measured(
    double agreement, Optional<Verdict> verdict, List<CurvePoint> curve, Latency latency) {
  Measured {
    curve = List.copyOf(curve);
  }

  static Measured of(Quantized quantized) {
    return new Measured(
        quantized.agreement(), quantized.verdict(), quantized.curve(), quantized.latency());
  }

  static void putLayers(ObjectNode json, int all, int onIntegers) {
    json.putObject("layersWithWeights").put("all", all).put("onIntegers", onIntegers);
  }

  static void putFallbacks(ObjectNode json, ModelCard.Quantization how) {
    ArrayNode floats = json.putArray("fallbacks");
    how.fallbacks()
        .forEach(f -> floats.addObject().put("layer", f.layer()).put("reason", f.reason()));
  }

  void put(ObjectNode json) {
    json.put("agreement", agreement)
        .put("speedup", latency.speedup())
        .put("float32Millis", latency.floatMillis())
        .put("quantizedMillis", latency.quantizedMillis());
    verdict.ifPresent(v -> put(json.putObject("guard"), v));
    if (!curve.isEmpty()) {
      ArrayNode points = json.putArray("curve");
      curve.forEach(point -> put(points.addObject(), point));
    }
  }

  private static void put(ObjectNode json, CurvePoint point) {
    json.put("layersBackOnFloats", point.floats())
        .put("speedupByCosts", point.speedup())
        .put("chosen", point.chosen())
        .put("agreement", point.verdict().agreement());
    put(json, point.verdict());
  }

  private static void put(ObjectNode json, Verdict verdict) {
    json.put("passes", verdict.passes())
        .put("images", verdict.images())
        .put("clearAgreement", verdict.clearAgreement())
        .put("marginNoise", verdict.marginNoise());
    verdict.loss().ifPresent(loss -> put(json.putObject(loss.measure()), loss));
  }

  private static void put(ObjectNode json, Loss loss) {
    json.put("float32", loss.float32())
        .put("quantized", loss.quantized())
        .put("drop", loss.drop())
        .put("dropLow", loss.low())
        .put("dropHigh", loss.high());
  }
}
