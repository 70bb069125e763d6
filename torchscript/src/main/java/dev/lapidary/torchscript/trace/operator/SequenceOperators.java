package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Convolution and pooling of sequences, {@code [N, C, L]}: those of images that are one row. */
public final class SequenceOperators {
  private static final Datum ROWS = Datum.number(2);

  private SequenceOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("conv1d", SequenceOperators::convolution);
    table.put("conv_transpose1d", SequenceOperators::transposed);
    table.put("upsample_linear1d", call -> resized(call, "upsample_bilinear2d"));
    table.put("upsample_nearest1d", call -> resized(call, "upsample_nearest2d"));
    table.put("_upsample_nearest_exact1d", call -> resized(call, "_upsample_nearest_exact2d"));
    table.put("adaptive_max_pool1d", SequenceOperators::adaptiveMaximum);
    table.put("max_pool1d", SequenceOperators::maxPool);
    table.put("max_pool1d_with_indices", SequenceOperators::maxPoolWithPlaces);
    table.put("avg_pool1d", SequenceOperators::averagePool);
    table.put("adaptive_avg_pool1d", SequenceOperators::adaptiveAverage);
  }

  private static Datum convolution(Invocation call) {
    Datum weight = call.call("unsqueeze", call.get("weight"), ROWS);
    Datum padding = call.get("padding");
    return asImage(
        call,
        "conv2d",
        List.of(
            weight,
            call.get("bias"),
            pair(call, "stride", 1),
            padding instanceof Datum.Str ? padding : pair(call, "padding", 0),
            pair(call, "dilation", 1),
            call.get("groups")));
  }

  private static Datum transposed(Invocation call) {
    return asImage(
        call,
        "conv_transpose2d",
        List.of(
            call.call("unsqueeze", call.get("weight"), ROWS),
            call.get("bias"),
            pair(call, "stride", 1),
            pair(call, "padding", 0),
            pair(call, "output_padding", 0),
            call.get("groups"),
            pair(call, "dilation", 1)));
  }

  private static Datum resized(Invocation call, String operator) {
    Datum none = Datum.None.NONE;
    boolean bySize = call.has("output_size") && !call.isNone("output_size");
    Datum size = bySize ? pair(call, "output_size", 1) : none;
    List<Datum> arguments = new ArrayList<>(List.of(size));
    if (call.has("align_corners")) {
      arguments.add(call.get("align_corners"));
    }
    if (call.has("scale_factors")) {
      boolean byFactor = !call.isNone("scale_factors");
      arguments.add(byFactor ? factors(new Datum.Real(call.reals("scale_factors").get(0))) : none);
    } else {
      arguments.add(none);
      arguments.add(call.get("scales"));
    }
    return asImage(call, operator, arguments);
  }

  private static Datum factors(Datum ofColumns) {
    return new Datum.ListOf(List.of(new Datum.Real(1), ofColumns));
  }

  private static Datum adaptiveMaximum(Invocation call) {
    return bothAsImages(call, "adaptive_max_pool2d", List.of(pair(call, "output_size", 1)));
  }

  private static Datum maxPool(Invocation call) {
    return asImage(call, "max_pool2d", windows(call));
  }

  private static Datum maxPoolWithPlaces(Invocation call) {
    return bothAsImages(call, "max_pool2d_with_indices", windows(call));
  }

  private static List<Datum> windows(Invocation call) {
    return List.of(
        pair(call, "kernel_size", 1),
        stride(call),
        pair(call, "padding", 0),
        pair(call, "dilation", 1),
        call.get("ceil_mode"));
  }

  private static Datum averagePool(Invocation call) {
    return asImage(
        call,
        "avg_pool2d",
        List.of(
            pair(call, "kernel_size", 1),
            stride(call),
            pair(call, "padding", 0),
            call.get("ceil_mode"),
            call.get("count_include_pad")));
  }

  private static Datum adaptiveAverage(Invocation call) {
    return asImage(call, "adaptive_avg_pool2d", List.of(pair(call, "output_size", 1)));
  }

  private static TensorRef sequence(Invocation call) {
    TensorRef self = call.self();
    if (self.rank() != 3) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), self.shape());
    }
    return self;
  }

  private static Datum asImage(Invocation call, String operator, List<Datum> arguments) {
    return call.call("squeeze", ofImage(call, operator, arguments), ROWS);
  }

  /** Values and their places. */
  private static Datum bothAsImages(Invocation call, String operator, List<Datum> arguments) {
    List<Datum> flat = new ArrayList<>();
    for (Datum one : ofImage(call, operator, arguments).toList()) {
      flat.add(call.call("squeeze", one, ROWS));
    }
    return Datum.TupleOf.of(flat);
  }

  private static Datum ofImage(Invocation call, String operator, List<Datum> arguments) {
    List<Datum> all = new ArrayList<>();
    all.add(call.call("unsqueeze", sequence(call), ROWS));
    all.addAll(arguments);
    return call.call(operator, all.toArray(new Datum[0]));
  }

  /** No stride means the window's own size. */
  private static Datum stride(Invocation call) {
    return call.get("stride").toList().isEmpty() ? call.get("stride") : pair(call, "stride", 1);
  }

  /** A sequence's parameter, behind what leaves one row as it is. */
  private static Datum pair(Invocation call, String parameter, long ofRows) {
    return Datum.ints(List.of(Dim.of(ofRows), call.dims(parameter).get(0)));
  }
}
