package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Dim;
import java.util.List;
import java.util.Map;

/** Convolutions of images, {@code [N, C, H, W]}. */
final class ConvolutionOperators {
  private ConvolutionOperators() {}

  static void addTo(Map<String, Operator> table) {
    table.put("conv2d", ConvolutionOperators::conv2d);
    table.put("conv_transpose2d", ConvolutionOperators::convTranspose2d);
    table.put("_convolution", ConvolutionOperators::general);
    table.put("convolution", ConvolutionOperators::general);
    table.put("_convolution_mode", ConvolutionOperators::mode);
  }

  /** What traces record: a convolution of any rank, transposed or not. */
  private static Datum general(Invocation call) {
    int rank = call.tensor("weight").rank();
    boolean transposed = call.flag("transposed");
    if (rank == 3 && !transposed) {
      return plain(call, "conv1d");
    }
    if (rank != 4) {
      throw Refusal.unsupported("a convolution with a weight of %d dimensions", rank);
    }
    return transposed
        ? call.call(
            "conv_transpose2d",
            call.get("input"),
            call.get("weight"),
            call.get("bias"),
            call.get("stride"),
            call.get("padding"),
            call.get("output_padding"),
            call.get("groups"),
            call.get("dilation"))
        : plain(call, "conv2d");
  }

  /** What traces record of {@code padding="same"}. */
  private static Datum mode(Invocation call) {
    return plain(call, call.tensor("weight").rank() == 3 ? "conv1d" : "conv2d");
  }

  private static Datum plain(Invocation call, String operator) {
    return call.call(
        operator,
        call.get("input"),
        call.get("weight"),
        call.get("bias"),
        call.get("stride"),
        call.get("padding"),
        call.get("dilation"),
        call.get("groups"));
  }

  private static Datum conv2d(Invocation call) {
    if (call.get("padding") instanceof Datum.Str padding) {
      return named(call, padding.value());
    }
    List<Dim> input = image(call, "input");
    List<Dim> weight = call.tensor("weight").shape();
    Dim channels =
        Dim.of(Invocation.constant(weight.get(1)) * Invocation.constant(call.dim("groups")));
    Invocation.constant(weight.get(0));
    if (!channels.equals(input.get(1))) {
      throw Refusal.wrong("%s channels for a convolution of %s", input.get(1), channels);
    }
    long[] stride = call.integers("stride");
    long[] padding = call.integers("padding");
    long[] dilation = call.integers("dilation");
    long[] out = new long[2];
    for (int i = 0; i < 2; i++) {
      long size = Invocation.constant(input.get(2 + i));
      long kernel = dilation[i] * (Invocation.constant(weight.get(2 + i)) - 1) + 1;
      out[i] = Math.floorDiv(size + 2 * padding[i] - kernel, stride[i]) + 1;
      requireRoom(out[i], size, kernel);
    }
    return call.record(
        call.tensor("input").dtype(),
        List.of(input.get(0), weight.get(0), Dim.of(out[0]), Dim.of(out[1])));
  }

  /** {@code padding="same"} or {@code "valid"}: the extra column and row are right and below. */
  private static Datum named(Invocation call, String padding) {
    long[] dilation = call.integers("dilation");
    List<Dim> weight = call.tensor("weight").shape();
    int[] total = new int[2];
    for (int i = 0; i < 2 && padding.equals("same"); i++) {
      total[i] = (int) (dilation[i] * (Invocation.constant(weight.get(2 + i)) - 1));
    }
    boolean even = total[0] % 2 == 0 && total[1] % 2 == 0;
    Datum input = call.get("input");
    if (!even) {
      int top = total[0] / 2;
      int left = total[1] / 2;
      Datum pad = Shapes.list(left, total[1] - left, top, total[0] - top);
      input = call.call("constant_pad_nd", input, pad, Builtins.number(0));
    }
    return call.call(
        "conv2d",
        input,
        call.get("weight"),
        call.get("bias"),
        call.get("stride"),
        even ? Shapes.list(total[0] / 2, total[1] / 2) : Shapes.list(0, 0),
        call.get("dilation"),
        call.get("groups"));
  }

  private static Datum convTranspose2d(Invocation call) {
    List<Dim> input = image(call, "input");
    List<Dim> weight = call.tensor("weight").shape();
    long[] stride = call.integers("stride");
    long[] padding = call.integers("padding");
    long[] extra = call.integers("output_padding");
    long[] dilation = call.integers("dilation");
    long[] out = new long[2];
    for (int i = 0; i < 2; i++) {
      long size = Invocation.constant(input.get(2 + i));
      long kernel = dilation[i] * (Invocation.constant(weight.get(2 + i)) - 1) + 1;
      out[i] = (size - 1) * stride[i] - 2 * padding[i] + kernel + extra[i];
      requireRoom(out[i], size, kernel);
    }
    return call.record(
        call.tensor("input").dtype(),
        List.of(
            input.get(0),
            Dims.multiply(weight.get(1), call.dim("groups")),
            Dim.of(out[0]),
            Dim.of(out[1])));
  }

  /** The shape of an argument that must be {@code [N, C, H, W]}. */
  static List<Dim> image(Invocation call, String parameter) {
    List<Dim> shape = call.tensor(parameter).shape();
    if (shape.size() != 4) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), shape);
    }
    return shape;
  }

  static void requireRoom(long out, long size, long kernel) {
    if (out < 1) {
      throw Refusal.wrong(
          "a window of %d does not fit into %d: is the input too small?", kernel, size);
    }
  }
}
