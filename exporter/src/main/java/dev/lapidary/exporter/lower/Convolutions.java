package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

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
    return emit(op, "Conv", attributes(op, spatial));
  }

  private static String transposed(Op op, int spatial) {
    Map<String, Attribute> attributes = attributes(op, spatial);
    attributes.put("output_padding", Attribute.of(op.integers("output_padding", spatial)));
    return emit(op, "ConvTranspose", attributes);
  }

  private static Map<String, Attribute> attributes(Op op, int spatial) {
    Map<String, Attribute> attributes = new TreeMap<>();
    List<SymInt> weight = op.shape("weight");
    attributes.put(
        "kernel_shape",
        Attribute.of(weight.stream().skip(2).mapToLong(SymInt::constant).toArray()));
    attributes.put("strides", Attribute.of(op.integers("stride", spatial)));
    attributes.put("dilations", Attribute.of(op.integers("dilation", spatial)));
    attributes.put("pads", Attribute.of(twice(op.integers("padding", spatial))));
    attributes.put("group", Attribute.of(op.integer("groups")));
    return attributes;
  }

  private static String emit(Op op, String onnx, Map<String, Attribute> attributes) {
    return op.emit(
        onnx, attributes, op.tensor("input"), op.tensor("weight"), op.optionalTensor("bias"));
  }

  private static long[] twice(long[] values) {
    return LongStream.concat(Arrays.stream(values), Arrays.stream(values)).toArray();
  }
}
