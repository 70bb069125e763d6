package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
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

  private static IValue channelShuffle(Invocation call) {
    List<SymInt> shape = Convolutions.image(call, "self");
    SymInt groups = call.dim("groups");
    SymInt each = SymInts.floorDivide(shape.get(1), groups);
    List<SymInt> apart = List.of(shape.get(0), groups, each, shape.get(2), shape.get(3));
    IValue split = call.call("reshape", call.self(), IValue.ints(apart));
    IValue mixed = call.call("permute", split, IValue.ints(0, 2, 1, 3, 4));
    return call.call("reshape", mixed, IValue.ints(shape));
  }

  private static IValue pixelShuffle(Invocation call) {
    List<SymInt> shape = Convolutions.image(call, "self");
    SymInt factor = call.dim("upscale_factor");
    SymInt channels = SymInts.floorDivide(shape.get(1), SymInts.multiply(factor, factor));
    List<SymInt> apart =
        List.of(shape.get(0), channels, factor, factor, shape.get(2), shape.get(3));
    IValue split = call.call("reshape", call.self(), IValue.ints(apart));
    IValue mixed = call.call("permute", split, IValue.ints(0, 1, 4, 2, 5, 3));
    return call.call(
        "reshape",
        mixed,
        IValue.ints(
            List.of(
                shape.get(0),
                channels,
                SymInts.multiply(shape.get(2), factor),
                SymInts.multiply(shape.get(3), factor))));
  }

  private static IValue pixelUnshuffle(Invocation call) {
    List<SymInt> shape = Convolutions.image(call, "self");
    SymInt factor = call.dim("downscale_factor");
    SymInt high = SymInts.floorDivide(shape.get(2), factor);
    SymInt wide = SymInts.floorDivide(shape.get(3), factor);
    List<SymInt> apart = List.of(shape.get(0), shape.get(1), high, factor, wide, factor);
    IValue split = call.call("reshape", call.self(), IValue.ints(apart));
    IValue mixed = call.call("permute", split, IValue.ints(0, 1, 3, 5, 2, 4));
    SymInt channels = SymInts.multiply(shape.get(1), SymInts.multiply(factor, factor));
    return call.call("reshape", mixed, IValue.ints(List.of(shape.get(0), channels, high, wide)));
  }
}
