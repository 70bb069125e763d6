package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Pooling functions of sequences and images. */
final class Pooling {

  private Pooling() {}

  static void addTo(Map<String, Operator> table) {
    table.put("max_pool2d", Pooling::pool);
    table.put("max_pool2d_with_indices", Pooling::maxPool2dWithIndices);
    table.put("avg_pool2d", Pooling::pool);
    table.put("adaptive_avg_pool2d", Pooling::adaptiveAvgPool2d);
    table.put("adaptive_max_pool2d", call -> Ranking.pair(call, adapted(call)));
  }

  private static IValue pool(Invocation given) {
    Invocation call = strided(given);
    return call.record(call.self().dtype(), pooled(call));
  }

  /** The maxima, and where in their plane {@code [H, W]} they are. */
  private static IValue maxPool2dWithIndices(Invocation given) {
    Invocation call = strided(given);
    return Ranking.pair(call, pooled(call));
  }

  private static Invocation strided(Invocation given) {
    return given.integers("stride").length == 0
        ? given.with("stride", given.get("kernel_size"))
        : given;
  }

  private static List<SymInt> pooled(Invocation call) {
    List<SymInt> input = Convolutions.image(call, "self");
    long[] kernel = call.integers("kernel_size");
    long[] stride = call.integers("stride");
    long[] padding = call.integers("padding");
    long[] dilation = call.has("dilation") ? call.integers("dilation") : new long[] {1, 1};
    long[] out = new long[2];
    for (int i = 0; i < 2; i++) {
      long size = SymInts.constant(input.get(2 + i));
      long window = dilation[i] * (kernel[i] - 1) + 1;
      out[i] = pooled(size, window, stride[i], padding[i], call.flag("ceil_mode"));
      Convolutions.requireRoom(out[i], size, window);
    }
    return List.of(input.get(0), input.get(1), SymInt.of(out[0]), SymInt.of(out[1]));
  }

  /** The last window of {@code ceil_mode} must begin inside the input or the left padding. */
  private static long pooled(long size, long window, long stride, long padding, boolean ceil) {
    long room = size + 2 * padding - window;
    long out = Math.floorDiv(room + (ceil ? stride - 1 : 0), stride) + 1;
    return ceil && (out - 1) * stride >= size + padding ? out - 1 : out;
  }

  private static IValue adaptiveAvgPool2d(Invocation call) {
    List<SymInt> shape = adapted(call);
    if (shape.equals(call.self().shape())) {
      return new TensorRef(call.self().content());
    }
    return call.record(call.self().dtype(), shape);
  }

  private static List<SymInt> adapted(Invocation call) {
    List<SymInt> input = Convolutions.image(call, "self");
    long[] out = call.integers("output_size");
    return List.of(input.get(0), input.get(1), SymInt.of(out[0]), SymInt.of(out[1]));
  }
}
