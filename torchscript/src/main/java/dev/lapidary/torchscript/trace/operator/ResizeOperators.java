package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import java.util.List;
import java.util.Map;

/** Interpolation of images to another size. */
public final class ResizeOperators {
  private ResizeOperators() {}

  public static void addTo(Map<String, Operator> table) {
    for (String name :
        List.of(
            "upsample_nearest2d",
            "_upsample_nearest_exact2d",
            "upsample_bilinear2d",
            "upsample_bicubic2d",
            "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa")) {
      table.put(name, ResizeOperators::resize);
    }
  }

  private static Datum resize(Invocation call) {
    if (call.has("scale_factors")) {
      return plain(call);
    }
    List<Dim> input = ConvolutionOperators.image(call, "self");
    List<Dim> out = call.dims("output_size");
    return call.record(
        call.self().dtype(), List.of(input.get(0), input.get(1), out.get(0), out.get(1)));
  }

  /** The overload with factors, as the one with the size and a factor for each direction. */
  private static Datum plain(Invocation call) {
    List<Dim> input = ConvolutionOperators.image(call, "input");
    Datum none = Datum.None.NONE;
    Datum size = call.get("output_size");
    Datum high = none;
    Datum wide = none;
    if (size == none) {
      List<Double> factors = call.reals("scale_factors");
      size =
          Datum.ints(
              List.of(scaled(input.get(2), factors.get(0)), scaled(input.get(3), factors.get(1))));
      high = new Datum.Real(factors.get(0));
      wide = new Datum.Real(factors.get(1));
    }
    return call.has("align_corners")
        ? call.call(call.name(), call.get("input"), size, call.get("align_corners"), high, wide)
        : call.call(call.name(), call.get("input"), size, high, wide);
  }

  private static Dim scaled(Dim size, double factor) {
    return Dim.of((long) Math.floor(Dims.constant(size) * factor));
  }

  static Datum scaled(Dim size, Datum factor) {
    return new Datum.Int(scaled(size, factor.toDouble()));
  }
}
