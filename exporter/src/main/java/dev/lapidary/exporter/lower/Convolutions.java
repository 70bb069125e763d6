package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Convolution functions. Conv and ConvTranspose. x: {@code [N,C,...]}, weight: {@code [O,C/g,...]}.
 */
final class Convolutions {

  private Convolutions() {}

  static void addTo(LoweringTable table) {
    table.single("aten::conv2d", op -> convolution(op, 2));
    table.single("aten::conv3d", op -> convolution(op, 3));
    table.single("aten::conv_transpose2d", op -> transposed(op, 2));
    table.single("aten::conv_transpose3d", op -> transposed(op, 3));
  }

  private static String convolution(Op op, int spatial) {
    if (op.rank("input") != spatial + 2) {
      throw op.unsupported("without a batch dimension is not supported; give a batch of images");
    }
    Map<String, Attribute> attributes = common(op, spatial);
    attributes.put("pads", Attribute.of(twice(spread(op, "padding", spatial))));
    return op.emit("Conv", attributes, inputs(op));
  }

  private static String transposed(Op op, int spatial) {
    Map<String, Attribute> attributes = common(op, spatial);
    attributes.put("pads", Attribute.of(twice(spread(op, "padding", spatial))));
    attributes.put("output_padding", Attribute.of(spread(op, "output_padding", spatial)));
    return op.emit("ConvTranspose", attributes, inputs(op));
  }

  private static Map<String, Attribute> common(Op op, int spatial) {
    Map<String, Attribute> attributes = new TreeMap<>();
    List<SymInt> weight = op.shape("weight");
    attributes.put(
        "kernel_shape",
        Attribute.of(weight.stream().skip(2).mapToLong(SymInt::constant).toArray()));
    attributes.put("strides", Attribute.of(spread(op, "stride", spatial)));
    attributes.put("dilations", Attribute.of(spread(op, "dilation", spatial)));
    attributes.put("group", Attribute.of(op.integer("groups")));
    return attributes;
  }

  private static List<String> inputs(Op op) {
    List<String> inputs = new ArrayList<>(List.of(op.tensor("input"), op.tensor("weight")));
    if (op.given("bias")) {
      inputs.add(op.tensor("bias"));
    }
    return inputs;
  }

  private static long[] spread(Op op, String parameter, int count) {
    long[] values = op.integers(parameter);
    if (values.length == count) {
      return values;
    }
    long[] all = new long[count];
    Arrays.fill(all, values[0]);
    return all;
  }

  private static long[] twice(long[] values) {
    long[] both = Arrays.copyOf(values, 2 * values.length);
    System.arraycopy(values, 0, both, values.length, values.length);
    return both;
  }
}
