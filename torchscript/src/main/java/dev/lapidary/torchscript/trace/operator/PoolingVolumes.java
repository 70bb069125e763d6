package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Pooling functions of volumes, by those of images. So also the sums over channels of {@code
 * local_response_norm}.
 */
public final class PoolingVolumes {

  private PoolingVolumes() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("max_pool3d", PoolingVolumes::maxPool3d);
    table.put("avg_pool3d", PoolingVolumes::avgPool3d);
    table.put("adaptive_avg_pool3d", call -> adaptive(call, PoolingVolumes::adaptiveAverage));
    table.put("adaptive_max_pool3d", PoolingVolumes::adaptiveMaxPool3d);
  }

  private static IValue maxPool3d(Invocation call) {
    return pooled(call, "max_pool2d", call.integers("dilation"));
  }

  private static IValue avgPool3d(Invocation call) {
    boolean counted = call.flag("count_include_pad");
    boolean padded = java.util.Arrays.stream(call.integers("padding")).anyMatch(p -> p != 0);
    if ((padded && !counted) || call.flag("ceil_mode") || !call.isNone("divisor_override")) {
      throw ProgramRefusal.unsupported(
          "%s with ceil_mode, a divisor or padding that does not count", call.operator());
    }
    return pooled(call, "avg_pool2d", new long[0]);
  }

  private static IValue pooled(Invocation call, String operator, long[] dilation) {
    return Volumes.ofBoth(
        call,
        call.self(),
        images -> windows(call, operator, images, dilation, 1, 2),
        columns -> windows(call, operator, columns, dilation, 0, -1));
  }

  /** Windows are boxes, so that their means are means of means, and their maxima of maxima. */
  private static IValue adaptive(
      Invocation call, BiFunction<Invocation, List<IValue>, TensorRef> pool) {
    List<IValue> out = call.get("output_size").toList();
    return Volumes.ofBoth(
        call,
        call.self(),
        images -> pool.apply(call, List.of(images, new IValue.ListOf(out.subList(1, 3)))),
        columns ->
            pool.apply(
                call,
                List.of(
                    columns,
                    new IValue.ListOf(
                        List.of(out.get(0), new IValue.Int(columns.shape().get(3)))))));
  }

  private static TensorRef adaptiveAverage(Invocation call, List<IValue> arguments) {
    return call.callTensor("adaptive_avg_pool2d", arguments.toArray(new IValue[0]));
  }

  /** The values; where they were is not supported. */
  private static IValue adaptiveMaxPool3d(Invocation call) {
    IValue values =
        adaptive(
            call,
            (c, arguments) ->
                (TensorRef)
                    c.call("adaptive_max_pool2d", arguments.toArray(new IValue[0]))
                        .toList()
                        .get(0));
    return IValue.TupleOf.of(List.of(values, IValue.Undefined.UNDEFINED));
  }

  /** Pools by the windows of two of the axes; by 1 for an axis of -1. */
  private static TensorRef windows(
      Invocation call, String operator, IValue image, long[] dilation, int high, int wide) {
    long[] kernel = call.integers("kernel_size");
    long[] given = call.integers("stride");
    IValue size = pair(kernel, high, wide, 1);
    IValue stride = pair(given.length == 0 ? kernel : given, high, wide, 1);
    IValue padding = pair(call.integers("padding"), high, wide, 0);
    return dilation.length == 0
        ? call.callTensor(operator, image, size, stride, padding)
        : call.callTensor(
            operator,
            image,
            size,
            stride,
            padding,
            pair(dilation, high, wide, 1),
            call.get("ceil_mode"));
  }

  private static IValue pair(long[] ofAxes, int high, int wide, long otherwise) {
    return IValue.ints(
        List.of(SymInt.of(ofAxes[high]), SymInt.of(wide < 0 ? otherwise : ofAxes[wide])));
  }
}
