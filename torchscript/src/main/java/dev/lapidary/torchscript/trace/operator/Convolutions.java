package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Convolution functions. Of sequences, {@code [N, C, L]}, of images, {@code [N, C, H, W]}, and of
 * volumes, {@code [N, C, D, H, W]}.
 */
final class Convolutions {

  private Convolutions() {}

  static void addTo(Map<String, Operator> table) {
    table.put("conv2d", call -> convolution(call, 2));
    table.put("conv3d", call -> convolution(call, 3));
    table.put("conv_transpose2d", call -> transposed(call, 2));
    table.put("conv_transpose3d", call -> transposed(call, 3));
  }

  private static IValue convolution(Invocation call, int axes) {
    List<SymInt> weight = call.tensor("weight").shape();
    if (weight.size() != axes + 2) {
      throw ProgramRefusal.wrong("%s with a weight of shape %s", call.operator(), weight);
    }
    if (call.get("padding") instanceof IValue.Str) {
      return call.decomposed();
    }
    List<SymInt> input = batch(call, "input", axes);
    call.requireTypeOf(call.tensor("input"), call.tensor("weight"));
    SymInt groups = groups(call, input.get(1), weight.get(1));
    SymInt channels = SymInts.multiply(weight.get(1), groups);
    if (!channels.equals(input.get(1))) {
      throw ProgramRefusal.wrong("%s channels for a convolution of %s", input.get(1), channels);
    }
    List<SymInt> shape = new ArrayList<>(List.of(input.get(0), weight.get(0)));
    for (int i = 0; i < axes; i++) {
      shape.add(outputs(call, input.get(2 + i), weight.get(2 + i), i));
    }
    if (axes == 2 && groups.perBatch() && input.get(0).equals(SymInt.of(1))) {
      return ofEachSample(call, groups, shape);
    }
    SymInts.constant(groups);
    SymInts.constant(weight.get(0));
    PerChannel.require(call, weight.get(0), "bias");
    return call.record(call.tensor("input").dtype(), shape);
  }

  /** As given, or by the channels where the batch lies in them and a trace has its number. */
  private static SymInt groups(Invocation call, SymInt channels, SymInt ofEach) {
    SymInt given = call.dim("groups");
    boolean fits = ofEach.factor() > 0 && channels.factor() % ofEach.factor() == 0;
    return channels.perBatch() && fits
        ? call.dispatcher().literals().product(given, SymInts.floorDivide(channels, ofEach))
        : given;
  }

  private static SymInt outputs(Invocation call, SymInt image, SymInt window, int axis) {
    long size = SymInts.constant(image);
    long kernel = call.integers("dilation")[axis] * (SymInts.constant(window) - 1) + 1;
    long free = size + 2 * call.integers("padding")[axis] - kernel;
    long out = Math.floorDiv(free, call.integers("stride")[axis]) + 1;
    requireRoom(out, size, kernel);
    return SymInt.of(out);
  }

  /**
   * A weight for each sample, as CondConv has: the batch lies in the channels, {@code [1, N C, H,
   * W]} by {@code [N O, C/g, kH, kW]} in N g groups. That is a product of matrices in each group,
   * of the weight {@code [O/g, C/g kH kW]} by the windows.
   */
  private static IValue ofEachSample(Invocation call, SymInt groups, List<SymInt> shape) {
    List<SymInt> input = image(call, "input");
    List<SymInt> weight = call.tensor("weight").shape();
    SymInt channels = SymInt.of(input.get(1).factor());
    List<SymInt> samples = List.of(SymInt.BATCH, channels, input.get(2), input.get(3));
    IValue columns =
        call.call(
            "im2col",
            call.call("reshape", call.get("input"), IValue.ints(samples)),
            IValue.ints(weight.subList(2, 4)),
            call.get("dilation"),
            call.get("padding"),
            call.get("stride"));
    SymInt taps = SymInts.product(weight.subList(1, 4));
    SymInt windows = SymInts.multiply(shape.get(2), shape.get(3));
    SymInt filters = SymInts.floorDivide(weight.get(0), groups);
    TensorRef sums =
        call.callTensor(
            "matmul",
            call.call("reshape", call.get("weight"), IValue.ints(List.of(groups, filters, taps))),
            call.call("reshape", columns, IValue.ints(List.of(groups, taps, windows))));
    TensorRef image = call.callTensor("reshape", sums, IValue.ints(shape));
    if (call.isNone("bias")) {
      return image;
    }
    List<SymInt> each = List.of(SymInt.of(1), weight.get(0), SymInt.of(1), SymInt.of(1));
    return call.call("add", image, call.call("reshape", call.get("bias"), IValue.ints(each)));
  }

  private static IValue transposed(Invocation call, int axes) {
    List<SymInt> input = batch(call, "input", axes);
    call.requireTypeOf(call.tensor("input"), call.tensor("weight"));
    List<SymInt> weight = call.tensor("weight").shape();
    long[] stride = call.integers("stride");
    long[] padding = call.integers("padding");
    long[] extra = call.integers("output_padding");
    long[] dilation = call.integers("dilation");
    List<SymInt> shape = new ArrayList<>(List.of(input.get(0)));
    shape.add(SymInts.multiply(weight.get(1), call.dim("groups")));
    PerChannel.require(call, shape.get(1), "bias");
    for (int i = 0; i < axes; i++) {
      long size = SymInts.constant(input.get(2 + i));
      long kernel = dilation[i] * (SymInts.constant(weight.get(2 + i)) - 1) + 1;
      long out = (size - 1) * stride[i] - 2 * padding[i] + kernel + extra[i];
      requireRoom(out, size, kernel);
      shape.add(SymInt.of(out));
    }
    return call.record(call.tensor("input").dtype(), shape);
  }

  /** The shape of an argument that must be {@code [N, C, H, W]}. */
  static List<SymInt> image(Invocation call, String parameter) {
    return batch(call, parameter, 2);
  }

  private static List<SymInt> batch(Invocation call, String parameter, int axes) {
    List<SymInt> shape = call.tensor(parameter).shape();
    if (shape.size() != axes + 2) {
      throw ProgramRefusal.unsupported("%s of a tensor of shape %s", call.operator(), shape);
    }
    return shape;
  }

  static void requireRoom(long out, long size, long kernel) {
    if (out < 1) {
      throw ProgramRefusal.wrong(
          "a window of %d does not fit into %d: is the input too small?", kernel, size);
    }
  }
}
