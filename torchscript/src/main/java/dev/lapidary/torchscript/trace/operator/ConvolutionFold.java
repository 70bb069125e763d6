package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
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
  private static IValue unfold(Invocation call) {
    TensorRef self = call.self();
    int dim = Shapes.dimension(call.integer("dimension"), self.rank());
    long length = SymInts.constant(self.shape().get(dim));
    long size = call.integer("size");
    long step = call.integer("step");
    if (size < 0 || size > length || step < 1) {
      throw ProgramRefusal.wrong(
          "windows of %d, step %d, of a dimension of %d", size, step, length);
    }
    IValue windows =
        Indexing.at(call, self, dim, indices(call, (length - size) / step + 1, step, size, 1));
    return call.call("movedim", windows, IValue.number(dim + 1L), IValue.number(-1));
  }

  /** {@code [N, C, H, W] -> [N, C kH kW, windows]}. */
  private static IValue im2col(Invocation call) {
    List<SymInt> image = Convolutions.image(call, "self");
    long[] kernel = call.integers("kernel_size");
    long[] padding = call.integers("padding");
    int high = (int) padding[0];
    int wide = (int) padding[1];
    IValue zero = IValue.number(0);
    TensorRef padded =
        call.callTensor("constant_pad_nd", call.self(), IValue.ints(wide, wide, high, high), zero);
    TensorRef rows =
        (TensorRef) Indexing.at(call, padded, 2, windowIndices(call, padded.shape(), 0));
    TensorRef both = (TensorRef) Indexing.at(call, rows, 4, windowIndices(call, padded.shape(), 1));
    IValue ordered = call.call("permute", both, IValue.ints(0, 1, 2, 4, 3, 5));
    SymInt columns = SymInts.multiply(image.get(1), SymInt.of(kernel[0] * kernel[1]));
    SymInt windows = SymInts.multiply(both.shape().get(3), both.shape().get(5));
    return call.call("reshape", ordered, IValue.ints(List.of(image.get(0), columns, windows)));
  }

  /** Places of an axis, [kernel, windows]. */
  private static TensorRef windowIndices(Invocation call, List<SymInt> padded, int axis) {
    long size = SymInts.constant(padded.get(axis + 2));
    long kernel = call.integers("kernel_size")[axis];
    long dilation = call.integers("dilation")[axis];
    long stride = call.integers("stride")[axis];
    long span = dilation * (kernel - 1) + 1;
    long windows = Math.floorDiv(size - span, stride) + 1;
    Convolutions.requireRoom(windows, size, span);
    return indices(call, kernel, dilation, windows, stride);
  }

  /**
   * {@code [N, C kH kW, windows] -> [N, C, H, W]}, windows added up where they overlap: the
   * transposed convolution that puts each element in its place.
   */
  private static IValue col2im(Invocation call) {
    TensorRef self = call.self();
    if (self.rank() != 3) {
      throw ProgramRefusal.unsupported("%s of a tensor of shape %s", call.operator(), self.shape());
    }
    long[] kernel = call.integers("kernel_size");
    long each = Math.multiplyExact(kernel[0], kernel[1]);
    long columns = SymInts.constant(self.shape().get(1));
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
    List<SymInt> grid =
        List.of(
            self.shape().get(0), SymInt.of(columns), SymInt.of(windows[0]), SymInt.of(windows[1]));
    IValue image = call.call("reshape", self, IValue.ints(grid));
    long[] shape = {columns, 1, kernel[0], kernel[1]};
    IValue index =
        Elements.reals(
            call.dispatcher().budget(),
            self.dtype(),
            shape,
            i -> i / each % each == i % each ? 1 : 0);
    return call.call(
        "conv_transpose2d",
        image,
        index,
        IValue.None.NONE,
        call.get("stride"),
        call.get("padding"),
        IValue.ints(List.of(SymInt.of(extra[0]), SymInt.of(extra[1]))),
        IValue.number(columns / each),
        call.get("dilation"));
  }

  /** {@code i * down + j * right}, [rows, columns]. */
  private static TensorRef indices(
      Invocation call, long rows, long down, long columns, long right) {
    return Elements.integers(
        call.dispatcher().budget(),
        DType.INT64,
        new long[] {rows, columns},
        i -> i / columns * down + i % columns * right);
  }
}
