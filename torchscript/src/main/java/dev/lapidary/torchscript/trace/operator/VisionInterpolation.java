package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import java.util.List;
import java.util.Map;

/** Vision functions: interpolation of images. */
final class VisionInterpolation {
  private static final List<String> NAMES =
      List.of(
          "upsample_nearest2d",
          "_upsample_nearest_exact2d",
          "upsample_bilinear2d",
          "upsample_bicubic2d",
          "_upsample_bilinear2d_aa",
          "_upsample_bicubic2d_aa");

  private VisionInterpolation() {}

  static void addTo(Map<String, Operator> table) {
    NAMES.forEach(name -> table.put(name, VisionInterpolation::resize));
  }

  private static IValue resize(Invocation call) {
    if (call.has("scale_factors")) {
      return plain(call);
    }
    List<SymInt> input = Convolutions.image(call, "self");
    List<SymInt> out = call.dims("output_size");
    return call.record(
        call.self().dtype(), List.of(input.get(0), input.get(1), out.get(0), out.get(1)));
  }

  /** The overload with factors, as the one with the size and a factor for each direction. */
  private static IValue plain(Invocation call) {
    List<SymInt> input = Convolutions.image(call, "input");
    IValue size = call.get("output_size");
    IValue high = IValue.None.NONE;
    IValue wide = IValue.None.NONE;
    if (call.isNone("output_size")) {
      List<Double> factors = call.reals("scale_factors");
      size =
          IValue.ints(
              List.of(scaled(input.get(2), factors.get(0)), scaled(input.get(3), factors.get(1))));
      high = new IValue.Real(factors.get(0));
      wide = new IValue.Real(factors.get(1));
    }
    return call.has("align_corners")
        ? call.call(call.name(), call.get("input"), size, call.get("align_corners"), high, wide)
        : call.call(call.name(), call.get("input"), size, high, wide);
  }

  private static SymInt scaled(SymInt size, double factor) {
    return SymInt.of((long) Math.floor(SymInts.constant(size) * factor));
  }
}
