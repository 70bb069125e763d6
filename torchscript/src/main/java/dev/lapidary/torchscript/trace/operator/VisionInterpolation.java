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

/** Vision functions: interpolation. */
public final class VisionInterpolation {
  private static final IValue NONE = IValue.None.NONE;

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
    IValue none = IValue.None.NONE;
    IValue size = call.get("output_size");
    IValue high = none;
    IValue wide = none;
    if (size == none) {
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

  static IValue scaled(SymInt size, IValue factor) {
    return new IValue.Int(scaled(size, factor.toDouble()));
  }

  private static IValue resizedSequence(Invocation call, String operator) {
    IValue none = IValue.None.NONE;
    boolean bySize = call.has("output_size") && !call.isNone("output_size");
    IValue size = bySize ? Sequences.pair(call, "output_size", 1) : none;
    List<IValue> arguments = new ArrayList<>(List.of(size));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    if (call.has("scale_factors")) {
      boolean byFactor = !call.isNone("scale_factors");
      arguments.add(
          byFactor ? factorsOfSequence(new IValue.Real(call.reals("scale_factors").get(0))) : none);
    } else {
      arguments.add(none);
      arguments.add(call.get("scales"));
    }
    return Sequences.asImage(call, operator, arguments);
  }

  private static IValue factorsOfSequence(IValue ofColumns) {
    return new IValue.ListOf(List.of(new IValue.Real(1), ofColumns));
  }

  private static IValue resizedVolume(Invocation call, String operator) {
    TensorRef volume = call.has("input") ? call.tensor("input") : call.self();
    if (volume.rank() != 5) {
      throw ProgramRefusal.unsupported(
          "%s of a tensor of shape %s", call.operator(), volume.shape());
    }
    List<IValue> factors = factorsOfVolume(call);
    List<IValue> size = new ArrayList<>();
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
                List.of(size.get(0), new IValue.Int(columns.shape().get(3))),
                List.of(factors.get(0), factors.get(0) == NONE ? NONE : new IValue.Real(1))));
  }

  /** For the three axes, each a number or None. */
  private static List<IValue> factorsOfVolume(Invocation call) {
    if (!call.has("scale_factors")) {
      return List.of(call.get("scales_d"), call.get("scales_h"), call.get("scales_w"));
    }
    return call.isNone("scale_factors")
        ? List.of(NONE, NONE, NONE)
        : call.get("scale_factors").toList();
  }

  private static TensorRef resizedVolume(
      Invocation call, String operator, IValue image, List<IValue> size, List<IValue> factors) {
    List<IValue> arguments = new ArrayList<>(List.of(image, new IValue.ListOf(size)));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    arguments.addAll(factors);
    return call.callTensor(operator, arguments.toArray(new IValue[0]));
  }
}
