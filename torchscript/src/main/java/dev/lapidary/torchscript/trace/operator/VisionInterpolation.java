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

/** Vision functions: interpolation. */
public final class VisionInterpolation {
  private static final Datum NONE = Datum.None.NONE;

  private VisionInterpolation() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("upsample_nearest2d", VisionInterpolation::resize);
    table.put("_upsample_nearest_exact2d", VisionInterpolation::resize);
    table.put("upsample_bilinear2d", VisionInterpolation::resize);
    table.put("upsample_bicubic2d", VisionInterpolation::resize);
    table.put("_upsample_bilinear2d_aa", VisionInterpolation::resize);
    table.put("_upsample_bicubic2d_aa", VisionInterpolation::resize);
    table.put("upsample_linear1d", call -> resizedSequence(call, "upsample_bilinear2d"));
    table.put("upsample_nearest1d", call -> resizedSequence(call, "upsample_nearest2d"));
    table.put(
        "_upsample_nearest_exact1d", call -> resizedSequence(call, "_upsample_nearest_exact2d"));
    table.put("upsample_nearest3d", call -> resizedVolume(call, "upsample_nearest2d"));
    table.put(
        "_upsample_nearest_exact3d", call -> resizedVolume(call, "_upsample_nearest_exact2d"));
    table.put("upsample_trilinear3d", call -> resizedVolume(call, "upsample_bilinear2d"));
  }

  private static Datum resize(Invocation call) {
    if (call.has("scale_factors")) {
      return plain(call);
    }
    List<Dim> input = Convolutions.image(call, "self");
    List<Dim> out = call.dims("output_size");
    return call.record(
        call.self().dtype(), List.of(input.get(0), input.get(1), out.get(0), out.get(1)));
  }

  /** The overload with factors, as the one with the size and a factor for each direction. */
  private static Datum plain(Invocation call) {
    List<Dim> input = Convolutions.image(call, "input");
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

  private static Datum resizedSequence(Invocation call, String operator) {
    Datum none = Datum.None.NONE;
    boolean bySize = call.has("output_size") && !call.isNone("output_size");
    Datum size = bySize ? Sequences.pair(call, "output_size", 1) : none;
    List<Datum> arguments = new ArrayList<>(List.of(size));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    if (call.has("scale_factors")) {
      boolean byFactor = !call.isNone("scale_factors");
      arguments.add(
          byFactor ? factorsOfSequence(new Datum.Real(call.reals("scale_factors").get(0))) : none);
    } else {
      arguments.add(none);
      arguments.add(call.get("scales"));
    }
    return Sequences.asImage(call, operator, arguments);
  }

  private static Datum factorsOfSequence(Datum ofColumns) {
    return new Datum.ListOf(List.of(new Datum.Real(1), ofColumns));
  }

  private static Datum resizedVolume(Invocation call, String operator) {
    TensorRef volume = call.has("input") ? call.tensor("input") : call.self();
    if (volume.rank() != 5) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), volume.shape());
    }
    List<Datum> factors = factorsOfVolume(call);
    List<Datum> size = new ArrayList<>();
    for (int axis = 0; axis < 3; axis++) {
      size.add(
          call.isNone("output_size")
              ? scaled(volume.shape().get(2 + axis), factors.get(axis))
              : call.get("output_size").toList().get(axis));
    }
    return Volumes.ofBoth(
        call,
        volume,
        images -> resizedVolume(call, operator, images, size.subList(1, 3), factors.subList(1, 3)),
        columns ->
            resizedVolume(
                call,
                operator,
                columns,
                List.of(size.get(0), new Datum.Int(columns.shape().get(3))),
                List.of(factors.get(0), factors.get(0) == NONE ? NONE : new Datum.Real(1))));
  }

  /** For the three axes, each a number or None. */
  private static List<Datum> factorsOfVolume(Invocation call) {
    if (!call.has("scale_factors")) {
      return List.of(call.get("scales_d"), call.get("scales_h"), call.get("scales_w"));
    }
    return call.isNone("scale_factors")
        ? List.of(NONE, NONE, NONE)
        : call.get("scale_factors").toList();
  }

  private static TensorRef resizedVolume(
      Invocation call, String operator, Datum image, List<Datum> size, List<Datum> factors) {
    List<Datum> arguments = new ArrayList<>(List.of(image, new Datum.ListOf(size)));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    arguments.addAll(factors);
    return call.callTensor(operator, arguments.toArray(new Datum[0]));
  }
}
