package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * Pooling and resizing of volumes, {@code [N, C, D, H, W]}: of their images, then of the depth. So
 * also the sums over channels of {@code local_response_norm}.
 */
public final class VolumeOperators {
  private static final Datum NONE = Datum.None.NONE;

  private VolumeOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("max_pool3d", VolumeOperators::maxPool);
    table.put("avg_pool3d", VolumeOperators::averagePool);
    table.put("adaptive_avg_pool3d", call -> adaptive(call, VolumeOperators::adaptiveAverage));
    table.put("adaptive_max_pool3d", VolumeOperators::adaptiveMaximum);
    table.put("upsample_nearest3d", call -> resized(call, "upsample_nearest2d"));
    table.put("_upsample_nearest_exact3d", call -> resized(call, "_upsample_nearest_exact2d"));
    table.put("upsample_trilinear3d", call -> resized(call, "upsample_bilinear2d"));
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
    return ofBoth(
        call,
        call.self(),
        images -> windows(call, operator, images, dilation, 1, 2),
        columns -> windows(call, operator, columns, dilation, 0, -1));
  }

  /**
   * @param ofImages what is done to {@code [N, C D, H, W]}
   * @param ofColumns what is done to {@code [N, C, D, H W]}, whose width stays
   */
  private static Datum ofBoth(
      Invocation call,
      TensorRef volume,
      UnaryOperator<TensorRef> ofImages,
      UnaryOperator<TensorRef> ofColumns) {
    List<Dim> shape = volume.shape();
    if (shape.size() != 5) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), shape);
    }
    Dim batch = shape.get(0);
    Dim channels = shape.get(1);
    Dim images = Dims.multiply(channels, shape.get(2));
    TensorRef flat =
        ofImages.apply(reshaped(call, volume, List.of(batch, images, shape.get(3), shape.get(4))));
    List<Dim> plane = flat.shape().subList(2, 4);
    TensorRef deep =
        ofColumns.apply(
            reshaped(call, flat, List.of(batch, channels, shape.get(2), Dims.product(plane))));
    Dim depth = deep.shape().get(2);
    return reshaped(call, deep, List.of(batch, channels, depth, plane.get(0), plane.get(1)));
  }

  private static TensorRef reshaped(Invocation call, Datum tensor, List<Dim> shape) {
    return call.callTensor("reshape", tensor, Datum.ints(shape));
  }

  /** Windows are boxes, so that their means are means of means, and their maxima of maxima. */
  private static Datum adaptive(
      Invocation call, BiFunction<Invocation, List<Datum>, TensorRef> pool) {
    List<Datum> out = call.get("output_size").toList();
    return ofBoth(
        call,
        call.self(),
        images -> pool.apply(call, List.of(images, new Datum.ListOf(out.subList(1, 3)))),
        columns ->
            pool.apply(
                call,
                List.of(
                    columns,
                    new Datum.ListOf(List.of(out.get(0), new Datum.Int(columns.shape().get(3)))))));
  }

  private static TensorRef adaptiveAverage(Invocation call, List<Datum> arguments) {
    return call.callTensor("adaptive_avg_pool2d", arguments.toArray(new Datum[0]));
  }

  /** The values; where they were is not supported. */
  private static Datum adaptiveMaximum(Invocation call) {
    Datum values =
        adaptive(
            call,
            (c, arguments) ->
                (TensorRef)
                    c.call("adaptive_max_pool2d", arguments.toArray(new Datum[0])).toList().get(0));
    return Datum.TupleOf.of(List.of(values, Datum.Undefined.UNDEFINED));
  }

  private static Datum resized(Invocation call, String operator) {
    TensorRef volume = call.has("input") ? call.tensor("input") : call.self();
    if (volume.rank() != 5) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), volume.shape());
    }
    List<Datum> factors = factors(call);
    List<Datum> size = new ArrayList<>();
    for (int axis = 0; axis < 3; axis++) {
      size.add(
          call.isNone("output_size")
              ? ResizeOperators.scaled(volume.shape().get(2 + axis), factors.get(axis))
              : call.get("output_size").toList().get(axis));
    }
    return ofBoth(
        call,
        volume,
        images -> resized(call, operator, images, size.subList(1, 3), factors.subList(1, 3)),
        columns ->
            resized(
                call,
                operator,
                columns,
                List.of(size.get(0), new Datum.Int(columns.shape().get(3))),
                List.of(factors.get(0), factors.get(0) == NONE ? NONE : new Datum.Real(1))));
  }

  /** For the three axes, each a number or None. */
  private static List<Datum> factors(Invocation call) {
    if (!call.has("scale_factors")) {
      return List.of(call.get("scales_d"), call.get("scales_h"), call.get("scales_w"));
    }
    return call.isNone("scale_factors")
        ? List.of(NONE, NONE, NONE)
        : call.get("scale_factors").toList();
  }

  private static TensorRef resized(
      Invocation call, String operator, Datum image, List<Datum> size, List<Datum> factors) {
    List<Datum> arguments = new ArrayList<>(List.of(image, new Datum.ListOf(size)));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    arguments.addAll(factors);
    return call.callTensor(operator, arguments.toArray(new Datum[0]));
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
    return Datum.ints(List.of(Dim.of(ofAxes[high]), Dim.of(wide < 0 ? otherwise : ofAxes[wide])));
  }
}
