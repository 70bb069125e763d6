package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.function.UnaryOperator;

/** Volumes by operators of images. Of a volume's images first, then of the depth. */
final class Volumes {

  private Volumes() {}

  /**
   * @param ofImages what is done to {@code [N, C D, H, W]}
   * @param ofColumns what is done to {@code [N, C, D, H W]}, whose width stays
   */
  static IValue ofBoth(
      Invocation call,
      TensorRef volume,
      UnaryOperator<TensorRef> ofImages,
      UnaryOperator<TensorRef> ofColumns) {
    List<SymInt> shape = volume.shape();
    if (shape.size() != 5) {
      throw ProgramRefusal.unsupported("%s of a tensor of shape %s", call.operator(), shape);
    }
    SymInt batch = shape.get(0);
    SymInt channels = shape.get(1);
    SymInt images = SymInts.multiply(channels, shape.get(2));
    TensorRef flat =
        ofImages.apply(reshaped(call, volume, List.of(batch, images, shape.get(3), shape.get(4))));
    List<SymInt> plane = flat.shape().subList(2, 4);
    TensorRef deep =
        ofColumns.apply(
            reshaped(call, flat, List.of(batch, channels, shape.get(2), SymInts.product(plane))));
    SymInt depth = deep.shape().get(2);
    return reshaped(call, deep, List.of(batch, channels, depth, plane.get(0), plane.get(1)));
  }

  private static TensorRef reshaped(Invocation call, IValue tensor, List<SymInt> shape) {
    return call.callTensor("reshape", tensor, IValue.ints(shape));
  }
}
