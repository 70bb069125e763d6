package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import java.util.List;
import java.util.Map;

/** Vision functions: channels and pixels shuffled. */
public final class VisionShuffle {

  private VisionShuffle() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("channel_shuffle", VisionShuffle::channelShuffle);
    table.put("pixel_shuffle", VisionShuffle::pixelShuffle);
    table.put("pixel_unshuffle", VisionShuffle::pixelUnshuffle);
  }

  private static Datum channelShuffle(Invocation call) {
    List<Dim> shape = Convolutions.image(call, "self");
    Dim groups = call.dim("groups");
    Dim each = Dims.floorDivide(shape.get(1), groups);
    List<Dim> apart = List.of(shape.get(0), groups, each, shape.get(2), shape.get(3));
    Datum split = call.call("reshape", call.self(), Datum.ints(apart));
    Datum mixed = call.call("permute", split, Datum.ints(0, 2, 1, 3, 4));
    return call.call("reshape", mixed, Datum.ints(shape));
  }

  private static Datum pixelShuffle(Invocation call) {
    List<Dim> shape = Convolutions.image(call, "self");
    Dim factor = call.dim("upscale_factor");
    Dim channels = Dims.floorDivide(shape.get(1), Dims.multiply(factor, factor));
    List<Dim> apart = List.of(shape.get(0), channels, factor, factor, shape.get(2), shape.get(3));
    Datum split = call.call("reshape", call.self(), Datum.ints(apart));
    Datum mixed = call.call("permute", split, Datum.ints(0, 1, 4, 2, 5, 3));
    return call.call(
        "reshape",
        mixed,
        Datum.ints(
            List.of(
                shape.get(0),
                channels,
                Dims.multiply(shape.get(2), factor),
                Dims.multiply(shape.get(3), factor))));
  }

  private static Datum pixelUnshuffle(Invocation call) {
    List<Dim> shape = Convolutions.image(call, "self");
    Dim factor = call.dim("downscale_factor");
    Dim high = Dims.floorDivide(shape.get(2), factor);
    Dim wide = Dims.floorDivide(shape.get(3), factor);
    List<Dim> apart = List.of(shape.get(0), shape.get(1), high, factor, wide, factor);
    Datum split = call.call("reshape", call.self(), Datum.ints(apart));
    Datum mixed = call.call("permute", split, Datum.ints(0, 1, 3, 5, 2, 4));
    Dim channels = Dims.multiply(shape.get(1), Dims.multiply(factor, factor));
    return call.call("reshape", mixed, Datum.ints(List.of(shape.get(0), channels, high, wide)));
  }
}
