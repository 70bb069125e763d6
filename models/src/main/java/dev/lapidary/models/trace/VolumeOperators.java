package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Dim;
import java.util.List;
import java.util.Map;

/**
 * Pooling of volumes, {@code [N, C, D, H, W]}: of their images, then of the depth. So also the sums
 * over channels of {@code local_response_norm}.
 */
final class VolumeOperators {
  private VolumeOperators() {}

  static void addTo(Map<String, Operator> table) {
    table.put("max_pool3d", VolumeOperators::maxPool);
    table.put("avg_pool3d", VolumeOperators::averagePool);
  }

  private static Datum maxPool(Invocation call) {
    return pooled(call, "max_pool2d", call.integers("dilation"));
  }

  private static Datum averagePool(Invocation call) {
    boolean counted = call.flag("count_include_pad");
    boolean padded = java.util.Arrays.stream(call.integers("padding")).anyMatch(p -> p != 0);
    if ((padded && !counted) || call.flag("ceil_mode") || !call.isNone("divisor_override")) {
      throw Refusal.unsupported(
          "%s with ceil_mode, a divisor or padding that does not count", call.operator());
    }
    return pooled(call, "avg_pool2d", new long[0]);
  }

  private static Datum pooled(Invocation call, String operator, long[] dilation) {
    List<Dim> shape = call.self().shape();
    if (shape.size() != 5) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), shape);
    }
    Dim images = Dims.multiply(shape.get(1), shape.get(2));
    TensorRef flat =
        windows(
            call,
            operator,
            call.call(
                "reshape",
                call.self(),
                Shapes.list(List.of(shape.get(0), images, shape.get(3), shape.get(4)))),
            dilation,
            1,
            2);
    List<Dim> plane = flat.shape().subList(2, 4);
    Datum columns =
        call.call(
            "reshape",
            flat,
            Shapes.list(List.of(shape.get(0), shape.get(1), shape.get(2), Dims.product(plane))));
    TensorRef deep = windows(call, operator, columns, dilation, 0, -1);
    return call.call(
        "reshape",
        deep,
        Shapes.list(
            List.of(shape.get(0), shape.get(1), deep.shape().get(2), plane.get(0), plane.get(1))));
  }

  /** Pools by the windows of two of the axes; by 1 for an axis of -1. */
  private static TensorRef windows(
      Invocation call, String operator, Datum image, long[] dilation, int high, int wide) {
    long[] kernel = call.integers("kernel_size");
    long[] given = call.integers("stride");
    Datum size = pair(kernel, high, wide, 1);
    Datum stride = pair(given.length == 0 ? kernel : given, high, wide, 1);
    Datum padding = pair(call.integers("padding"), high, wide, 0);
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

  private static Datum pair(long[] ofAxes, int high, int wide, long otherwise) {
    return Shapes.list(List.of(Dim.of(ofAxes[high]), Dim.of(wide < 0 ? otherwise : ofAxes[wide])));
  }
}
