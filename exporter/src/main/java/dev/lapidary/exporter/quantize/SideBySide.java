package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures an int8 graph beside float32 and the other ways to quantize it, all in turn. */
final class SideBySide {
  /** Batch, and threads: 0 for all. */
  private static final int[][] SETTINGS = {{1, 1}, {1, 0}, {8, 1}, {8, 0}};

  private SideBySide() {}

  /**
   * @param images whose first is what latencies are taken with
   */
  static List<Variant> of(OnnxGraph fp32, OnnxGraph int8, Guard guard, CalibrationSet images) {
    Map<String, OnnxGraph> graphs = new LinkedHashMap<>();
    graphs.put("float32", fp32);
    graphs.put(QuantizeMethod.FP16.toString(), HalfPrecision.converted(fp32));
    graphs.put(QuantizeMethod.INT8.toString(), int8);
    DynamicInt8.converted(fp32)
        .ifPresent(graph -> graphs.put(QuantizeMethod.INT8_DYNAMIC.toString(), graph));
    List<OnnxGraph> all = List.copyOf(graphs.values());
    List<List<Variant.Time>> times =
        Arrays.stream(SETTINGS).map(s -> measure(all, images, s[0], s[1])).toList();
    List<Variant> variants = new ArrayList<>();
    graphs.forEach(
        (name, graph) -> {
          Guard.Compared compared = guard.compare(graph);
          int index = variants.size();
          variants.add(
              new Variant(
                  name,
                  OnnxWriter.weightBytes(graph),
                  Optional.of(compared.verdict()),
                  compared.drift().relativeError(),
                  times.stream().map(setting -> setting.get(index)).toList()));
        });
    return variants;
  }

  private static List<Variant.Time> measure(
      List<OnnxGraph> graphs, CalibrationSet images, int batch, int threads) {
    return Latency.inTurn(graphs, repeated(images, batch), images.shape(batch), threads).stream()
        .map(millis -> new Variant.Time(batch, threads, millis / batch))
        .toList();
  }

  private static ByteBuffer repeated(CalibrationSet images, int batch) {
    ByteBuffer one = images.one(0);
    ByteBuffer all =
        ByteBuffer.allocateDirect(batch * one.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < batch; i++) {
      all.put(one.duplicate());
    }
    return all.flip();
  }
}
