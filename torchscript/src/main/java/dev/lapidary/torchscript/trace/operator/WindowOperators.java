package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operators that pick elements by places that are known: windows, reversal, chosen indices. */
public final class WindowOperators {
  private static final Datum NONE = Datum.None.NONE;

  private WindowOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("unfold", WindowOperators::unfold);
    table.put("im2col", WindowOperators::imageToColumns);
    table.put("col2im", WindowOperators::columnsToImage);
    table.put("flip", WindowOperators::flip);
    table.put("index_select", WindowOperators::select);
    table.put("repeat_interleave", WindowOperators::repeatInterleave);
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
    Datum windows = at(call, self, dim, places(call, (length - size) / step + 1, step, size, 1));
    return call.call("movedim", windows, Datum.number(dim + 1L), Datum.number(-1));
  }

  /** {@code [N, C, H, W] -> [N, C kH kW, windows]}. */
  private static Datum imageToColumns(Invocation call) {
    List<Dim> image = ConvolutionOperators.image(call, "self");
    long[] kernel = call.integers("kernel_size");
    long[] padding = call.integers("padding");
    int high = (int) padding[0];
    int wide = (int) padding[1];
    Datum zero = Datum.number(0);
    TensorRef padded =
        call.callTensor("constant_pad_nd", call.self(), Datum.ints(wide, wide, high, high), zero);
    TensorRef rows = (TensorRef) at(call, padded, 2, windowPlaces(call, padded.shape(), 0));
    TensorRef both = (TensorRef) at(call, rows, 4, windowPlaces(call, padded.shape(), 1));
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
    ConvolutionOperators.requireRoom(windows, size, span);
    return places(call, kernel, dilation, windows, stride);
  }

  /**
   * {@code [N, C kH kW, windows] -> [N, C, H, W]}, windows added up where they overlap: the
   * transposed convolution that puts each element in its place.
   */
  private static Datum columnsToImage(Invocation call) {
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
      ConvolutionOperators.requireRoom(windows[i], padded, span);
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
        NONE,
        call.get("stride"),
        call.get("padding"),
        Datum.ints(List.of(Dim.of(extra[0]), Dim.of(extra[1]))),
        Datum.number(columns / each),
        call.get("dilation"));
  }

  private static Datum flip(Invocation call) {
    TensorRef flipped = call.self();
    for (int dim : dims(call, flipped.rank())) {
      long size = Dims.constant(flipped.shape().get(dim));
      TensorRef backwards =
          Elements.integers(
              call.dispatcher().budget(), DType.INT64, new long[] {size}, i -> size - 1 - i);
      flipped = (TensorRef) at(call, flipped, dim, backwards);
    }
    return flipped == call.self() ? new TensorRef(flipped.content()) : flipped;
  }

  private static int[] dims(Invocation call, int rank) {
    long[] given = call.integers("dims");
    return given.length == 0 ? new int[0] : Shapes.dimensions(given, rank);
  }

  private static Datum select(Invocation call) {
    int dim = Shapes.dimension(call.integer("dim"), call.self().rank());
    return at(call, call.self(), dim, call.tensor("index"));
  }

  /** Each element so many times, one behind the other. */
  private static Datum repeatInterleave(Invocation call) {
    TensorRef self =
        call.isNone("dim") ? call.callTensor("reshape", call.self(), Datum.ints(-1)) : call.self();
    int dim = call.isNone("dim") ? 0 : Shapes.dimension(call.integer("dim"), self.rank());
    if (call.get("repeats") instanceof TensorRef each && each.rank() == 1) {
      return at(call, self, dim, numbered(call, each.tensor("a number of repeats").toLongs()));
    }
    List<Dim> wide = new ArrayList<>(self.shape());
    Dim repeats = repeats(call);
    wide.add(dim + 1, repeats);
    Datum apart = call.call("unsqueeze", self, Datum.number(dim + 1L));
    Datum repeated = call.call("expand", apart, Datum.ints(wide));
    List<Dim> shape = new ArrayList<>(self.shape());
    shape.set(dim, Dims.multiply(shape.get(dim), repeats));
    return call.call("reshape", repeated, Datum.ints(shape));
  }

  /** Each number as often as it is told. */
  private static TensorRef numbered(Invocation call, long[] repeats) {
    long count = java.util.stream.LongStream.of(repeats).peek(r -> requireCount(call, r)).sum();
    call.dispatcher().budget().allocate(8 * count);
    long[] numbers = new long[Math.toIntExact(count)];
    int at = 0;
    for (int i = 0; i < repeats.length; i++) {
      java.util.Arrays.fill(numbers, at, at + (int) repeats[i], i);
      at += (int) repeats[i];
    }
    return Elements.ofLongs(
        call.dispatcher().budget(), DType.INT64, new long[] {numbers.length}, numbers);
  }

  private static void requireCount(Invocation call, long repeats) {
    if (repeats < 0 || repeats > Integer.MAX_VALUE) {
      throw Refusal.wrong("%s of %d repeats", call.operator(), repeats);
    }
  }

  /** A number, or as traced programs have it, a tensor of rank 0. */
  private static Dim repeats(Invocation call) {
    if (!(call.get("repeats") instanceof TensorRef tensor)) {
      return call.dim("repeats");
    }
    if (tensor.rank() != 0) {
      throw Refusal.unsupported(
          "%s with repeats of shape %s; one number is supported", call.operator(), tensor.shape());
    }
    return ((Datum.Int) Scalars.integer(tensor)).value();
  }

  /** {@code i * down + j * right}, [rows, columns]. */
  private static TensorRef places(Invocation call, long rows, long down, long columns, long right) {
    return Elements.integers(
        call.dispatcher().budget(),
        DType.INT64,
        new long[] {rows, columns},
        i -> i / columns * down + i % columns * right);
  }

  /** {@code x[:, ..., places]}. */
  private static Datum at(Invocation call, TensorRef self, int dim, TensorRef places) {
    Dims.constant(self.shape().get(dim));
    List<Datum> indices = new ArrayList<>(java.util.Collections.nCopies(dim, NONE));
    indices.add(places);
    return call.call("index", self, new Datum.ListOf(indices));
  }
}
