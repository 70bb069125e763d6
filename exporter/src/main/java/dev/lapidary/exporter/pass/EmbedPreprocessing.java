package dev.lapidary.exporter.pass;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxTypes;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.List;
import java.util.Map;

/**
 * Lets a graph take images as levels from 0 to 255; it scales and normalizes them itself. Not one
 * of the passes, since it changes what the graph takes.
 *
 * <pre>
 *   x FLOAT [N,C,H,W] ── ...
 *   →
 *   x UINT8 [N,H,W,C] ── Transpose ── Cast ── Div(255) ── Sub(mean) ── Div(std) ── ...
 * </pre>
 *
 * The same float32 operations in the same order as {@code Preprocessor}, so both give the same
 * bits; a factor folded into the first Conv would not, nor would it be right at padded borders.
 */
public final class EmbedPreprocessing {
  private static final String SCOPE = "preprocessing/";

  private EmbedPreprocessing() {}

  /** Returns the graph that takes levels; the given one stays as it is. */
  public static OnnxGraph in(OnnxGraph graph, Preprocessing rule) {
    OnnxGraph embedded = graph.copy();
    ValueInfo input = embedded.inputs().get(0);
    List<OnnxNode> readers = embedded.consumers(input.name());
    OnnxNode first = embedded.nodes().get(0);
    String mean = SCOPE + "mean";
    String std = SCOPE + "std";
    embedded.setInitializer(SCOPE + "levels", Tensor.of(new float[] {255}));
    embedded.setInitializer(mean, byChannel(rule.mean()));
    embedded.setInitializer(std, byChannel(rule.std()));
    String turned = insert(embedded, first, "Transpose", input.name());
    String cast = insert(embedded, first, "Cast", turned);
    String scaled = insert(embedded, first, "Div", cast, SCOPE + "levels");
    String centred = insert(embedded, first, "Sub", scaled, mean);
    String normalized = SCOPE + "normalized";
    embedded.insertBefore(
        first,
        new OnnxNode(normalized, "Div", List.of(centred, std), List.of(normalized), Map.of()));
    for (OnnxNode reader : readers) {
      List<String> inputs =
          reader.inputs().stream().map(i -> i.equals(input.name()) ? normalized : i).toList();
      embedded.replace(reader, reader.withInputs(inputs));
    }
    embedded.describe(input.named(normalized));
    embedded.setInput(0, levels(input));
    return embedded;
  }

  private static ValueInfo levels(ValueInfo input) {
    List<ValueInfo.Axis> nchw = input.shape();
    List<ValueInfo.Axis> nhwc = List.of(nchw.get(0), nchw.get(2), nchw.get(3), nchw.get(1));
    return new ValueInfo(input.name(), DType.UINT8, nhwc);
  }

  private static String insert(OnnxGraph graph, OnnxNode before, String op, String... inputs) {
    Map<String, Attribute> attributes =
        switch (op) {
          case "Transpose" -> Map.of("perm", Attribute.of(0, 3, 1, 2));
          case "Cast" -> Map.of("to", Attribute.of((long) OnnxTypes.number(DType.FLOAT32)));
          default -> Map.of();
        };
    String name = graph.fresh(SCOPE + op);
    graph.insertBefore(before, new OnnxNode(name, op, List.of(inputs), List.of(name), attributes));
    return name;
  }

  private static Tensor byChannel(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int c = 0; c < floats.length; c++) {
      floats[c] = values.get(c);
    }
    return Tensor.of(floats, floats.length, 1, 1);
  }
}
