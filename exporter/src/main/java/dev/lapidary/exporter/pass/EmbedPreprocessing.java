package dev.lapidary.exporter.pass;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lets a graph take images as levels from 0 to 255; it scales and normalizes them itself, and if
 * asked resizes and crops them before. Not one of the passes, since it changes what the graph
 * takes.
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
  /** The first version of ai.onnx whose {@code Resize} has Pillow's filters. */
  public static final int MIN_RESIZE_OPSET = EmbedResize.MIN_OPSET;

  private static final String SCOPE = "preprocessing/";

  private EmbedPreprocessing() {}

  /**
   * Whether a graph can do all of it: Resize has antialiased filters for bilinear and bicubic, and
   * the crop lies inside of the resized image.
   */
  public static boolean canResize(Preprocessing rule) {
    return EmbedResize.has(rule);
  }

  /** What resizing puts in front, alone: of decoded images the levels, as floats. */
  public static OnnxGraph pixels(Preprocessing rule, int opset) {
    OnnxGraph graph = new OnnxGraph("pixels", opset);
    graph.addInput(EmbedResize.input("images"));
    Nodes nodes = new Nodes(graph, Optional.empty(), SCOPE);
    String levels = EmbedResize.levels(rule, "images", nodes);
    nodes.addAs("levels", "Cast", Nodes.to(DType.FLOAT32), levels);
    graph.addOutput(
        new ValueInfo(
            "levels",
            DType.FLOAT32,
            List.of(
                ValueInfo.Axis.BATCH,
                ValueInfo.Axis.of(rule.channels()),
                ValueInfo.Axis.of(rule.cropHeight()),
                ValueInfo.Axis.of(rule.cropWidth()))));
    return graph;
  }

  /**
   * Returns the graph that takes levels; the given one stays as it is.
   *
   * @param graph to resize, of opset {@link #MIN_RESIZE_OPSET} or newer
   * @param rule to resize, one that {@link #canResize}
   * @param resize whether it takes decoded images, {@code [N, H, W, 3]} of any size
   */
  public static OnnxGraph in(OnnxGraph graph, Preprocessing rule, boolean resize) {
    OnnxGraph embedded = graph.copy();
    ValueInfo input = embedded.inputs().get(0);
    List<OnnxNode> readers = embedded.consumers(input.name());
    Nodes nodes = new Nodes(embedded, Optional.of(embedded.nodes().get(0)), SCOPE);
    String max = nodes.constant("levels", Tensor.of(new float[] {255}));
    String mean = nodes.constant("mean", byChannel(rule.mean()));
    String std = nodes.constant("std", byChannel(rule.std()));
    String levels =
        resize
            ? EmbedResize.levels(rule, input.name(), nodes)
            : nodes.add("Transpose", Map.of("perm", Attribute.of(0, 3, 1, 2)), input.name());
    String scaled = nodes.add("Div", nodes.cast(DType.FLOAT32, levels), max);
    String centred = nodes.add("Sub", scaled, mean);
    String normalized = SCOPE + "normalized";
    nodes.addAs(normalized, "Div", Map.of(), centred, std);
    for (OnnxNode reader : readers) {
      List<String> inputs =
          reader.inputs().stream().map(i -> i.equals(input.name()) ? normalized : i).toList();
      embedded.replace(reader, reader.withInputs(inputs));
    }
    embedded.describe(input.named(normalized));
    embedded.setInput(0, resize ? EmbedResize.input(input.name()) : levels(input));
    return embedded;
  }

  private static ValueInfo levels(ValueInfo input) {
    List<ValueInfo.Axis> nchw = input.shape();
    List<ValueInfo.Axis> nhwc = List.of(nchw.get(0), nchw.get(2), nchw.get(3), nchw.get(1));
    return new ValueInfo(input.name(), DType.UINT8, nhwc);
  }

  private static Tensor byChannel(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int c = 0; c < floats.length; c++) {
      floats[c] = values.get(c);
    }
    return Tensor.of(floats, floats.length, 1, 1);
  }
}
