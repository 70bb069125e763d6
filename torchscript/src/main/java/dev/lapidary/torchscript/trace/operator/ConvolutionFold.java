package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Convolution functions: windows of images as columns, and back. */
public final class ConvolutionFold {

  private ConvolutionFold() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("unfold", ConvolutionFold::unfold);
    table.put("im2col", ConvolutionFold::im2col);
    table.put("col2im", ConvolutionFold::col2im);
  }

  /** {@code x.unfold(dim, size, step)}: the windows in dim's place, their elements at the end. */
  private static Datum unfold(Invocation call) {
    TensorRef self = call.self();
    int dim = Shapes.dimension(call.integer("dimension"), self.rank());
    long length = Dims.constant(self.shape().get(dim));
    long size = call.integer("size");
    long step = call.integer("step");
    if (size < 0 || size > length || step < 1) {
      throw Refusal.wrong("windows of %d, step %d, of a dimension of %d", size, step, length);
    }
    Datum windows =
        Indexing.at(call, self, dim, places(call, (length - size) / step + 1, step, size, 1));
    return call.call("movedim", windows, Datum.number(dim + 1L), Datum.number(-1));
  }

  /** {@code [N, C, H, W] -> [N, C kH kW, windows]}. */
  private static Datum im2col(Invocation call) {
    List<Dim> image = Convolutions.image(call, "self");
    long[] kernel = call.integers("kernel_size");
    long[] padding = call.integers("padding");
    int high = (int) padding[0];
    int wide = (int) padding[1];
    Datum zero = Datum.number(0);
    TensorRef padded =
        call.callTensor("constant_pad_nd", call.self(), Datum.ints(wide, wide, high, high), zero);
    TensorRef rows =
        (TensorRef) Indexing.at(call, padded, 2, windowPlaces(call, padded.shape(), 0));
    TensorRef both = (TensorRef) Indexing.at(call, rows, 4, windowPlaces(call, padded.shape(), 1));
    Datum ordered = call.call("permute", both, Datum.ints(0, 1, 2, 4, 3, 5));
    Dim columns = Dims.multiply(image.get(1), Dim.of(kernel[0] * kernel[1]));
    Dim windows = Dims.multiply(both.shape().get(3), both.shape().get(5));
    return call.call("reshape", ordered, Datum.ints(List.of(image.get(0), columns, windows)));
  }

  /** Places of an axis, [kernel, windows]. */
  private static TensorRef windowPlaces(Invocation call, List<Dim> padded, int axis) {
    long size = Dims.constant(padded.get(axis + 2));
    long kernel = call.integers("kernel_size")[axis];
    long dilation = call.integers("dilation")[axis];
    long stride = call.integers("stride")[axis];
    long span = dilation * (kernel - 1) + 1;
    long windows = Math.floorDiv(size - span, stride) + 1;
    Convolutions.requireRoom(windows, size, span);
    return places(call, kernel, dilation, windows, stride);
  }

  /**
   * {@code [N, C kH kW, windows] -> [N, C, H, W]}, windows added up where they overlap: the
   * transposed convolution that puts each element in its place.
   */
  private static Datum col2im(Invocation call) {
    TensorRef self = call.self();
    if (self.rank() != 3) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), self.shape());
    }
    long[] kernel = call.integers("kernel_size");
    long each = Math.multiplyExact(kernel[0], kernel[1]);
    long columns = Dims.constant(self.shape().get(1));
    long[] windows = new long[2];
    long[] extra = new long[2];
    for (int i = 0; i < 2; i++) {
      long padded = call.integers("output_size")[i] + 2 * call.integers("padding")[i];
      long span = call.integers("dilation")[i] * (kernel[i] - 1) + 1;
      long stride = call.integers("stride")[i];
      windows[i] = Math.floorDiv(padded - span, stride) + 1;
      extra[i] = Math.floorMod(padded - span, stride);
      Convolutions.requireRoom(windows[i], padded, span);
    }
    List<Dim> grid =
        List.of(self.shape().get(0), Dim.of(columns), Dim.of(windows[0]), Dim.of(windows[1]));
    Datum image = call.call("reshape", self, Datum.ints(grid));
    long[] shape = {columns, 1, kernel[0], kernel[1]};
    Datum place =
        Elements.reals(
            call.dispatcher().budget(),
            self.dtype(),
            shape,
            i -> i / each % each == i % each ? 1 : 0);
    return call.call(
        "conv_transpose2d",
        image,
        place,
        Datum.None.NONE,
        call.get("stride"),
        call.get("padding"),
        Datum.ints(List.of(Dim.of(extra[0]), Dim.of(extra[1]))),
        Datum.number(columns / each),
        call.get("dilation"));
  }

  /** {@code i * down + j * right}, [rows, columns]. */
  private static TensorRef places(Invocation call, long rows, long down, long columns, long right) {
    return Elements.integers(
        call.dispatcher().budget(),
        DType.INT64,
        new long[] {rows, columns},
        i -> i / columns * down + i % columns * right);
  }
}
