package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Pooling of images, {@code [N, C, H, W]}. */
public final class PoolingOperators {
  private PoolingOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("max_pool2d", PoolingOperators::pool);
    table.put("max_pool2d_with_indices", PoolingOperators::withPlaces);
    table.put("max_unpool2d", PoolingOperators::spread);
    table.put("avg_pool2d", PoolingOperators::pool);
    table.put("adaptive_avg_pool2d", PoolingOperators::adaptiveAverage);
    table.put("adaptive_max_pool2d", PoolingOperators::adaptiveMax);
  }

  private static Datum pool(Invocation given) {
    Invocation call = strided(given);
    return call.record(call.self().dtype(), pooled(call));
  }

  /** The maxima, and where in their plane {@code [H, W]} they are. */
  private static Datum withPlaces(Invocation given) {
    Invocation call = strided(given);
    List<Dim> shape = pooled(call);
    return Datum.TupleOf.of(
        List.copyOf(
            call.recordAll(List.of(call.self().dtype(), DType.INT64), List.of(shape, shape))));
  }

  /** Back to where the maxima were, among zeros. */
  private static Datum spread(Invocation call) {
    List<Dim> input = ConvolutionOperators.image(call, "self");
    List<Dim> size = call.dims("output_size");
    List<Dim> planes = List.of(input.get(0), input.get(1), Dims.product(size));
    Datum zeros = FactoryOperators.filled(call, planes, Datum.number(0), call.self().dtype());
    Datum two = Datum.number(2);
    Datum places = call.call("flatten", call.get("indices"), two);
    Datum all = call.call("scatter", zeros, two, places, call.call("flatten", call.self(), two));
    return call.call(
        "reshape", all, Datum.ints(List.of(input.get(0), input.get(1), size.get(0), size.get(1))));
  }

  private static Invocation strided(Invocation given) {
    return given.integers("stride").length == 0
        ? given.with("stride", given.get("kernel_size"))
        : given;
  }

  private static List<Dim> pooled(Invocation call) {
    List<Dim> input = ConvolutionOperators.image(call, "self");
    long[] kernel = call.integers("kernel_size");
    long[] stride = call.integers("stride");
    long[] padding = call.integers("padding");
    long[] dilation = call.has("dilation") ? call.integers("dilation") : new long[] {1, 1};
    long[] out = new long[2];
    for (int i = 0; i < 2; i++) {
      long size = Dims.constant(input.get(2 + i));
      long window = dilation[i] * (kernel[i] - 1) + 1;
      out[i] = pooled(size, window, stride[i], padding[i], call.flag("ceil_mode"));
      ConvolutionOperators.requireRoom(out[i], size, window);
    }
    return List.of(input.get(0), input.get(1), Dim.of(out[0]), Dim.of(out[1]));
  }

  /** The last window of {@code ceil_mode} must begin inside the input or the left padding. */
  private static long pooled(long size, long window, long stride, long padding, boolean ceil) {
    long room = size + 2 * padding - window;
    long out = Math.floorDiv(room + (ceil ? stride - 1 : 0), stride) + 1;
    return ceil && (out - 1) * stride >= size + padding ? out - 1 : out;
  }

  private static Datum adaptiveAverage(Invocation call) {
    List<Dim> shape = adapted(call);
    if (shape.equals(call.self().shape())) {
      return new TensorRef(call.self().content());
    }
    return call.record(call.self().dtype(), shape);
  }

  private static Datum adaptiveMax(Invocation call) {
    List<Dim> shape = adapted(call);
    return Datum.TupleOf.of(
        List.copyOf(
            call.recordAll(List.of(call.self().dtype(), DType.INT64), List.of(shape, shape))));
  }

  private static List<Dim> adapted(Invocation call) {
    List<Dim> input = ConvolutionOperators.image(call, "self");
    long[] out = call.integers("output_size");
    return List.of(input.get(0), input.get(1), Dim.of(out[0]), Dim.of(out[1]));
  }
}
