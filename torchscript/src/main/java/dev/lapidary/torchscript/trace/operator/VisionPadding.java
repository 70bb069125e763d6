package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Vision functions: padding. */
final class VisionPadding {

  private VisionPadding() {}

  static void addTo(Map<String, Operator> table) {
    table.put("pad", VisionPadding::pad);
    table.put("constant_pad_nd", VisionPadding::constantPadNd);
  }

  private static IValue pad(Invocation call) {
    boolean composed = Set.of("constant", "circular").contains(call.text("mode"));
    return composed ? call.decomposed() : call.record(call.self().dtype(), padded(call));
  }

  private static List<SymInt> padded(Invocation call) {
    long[] pad = call.integers("pad");
    List<SymInt> shape = new ArrayList<>(call.self().shape());
    if (pad.length % 2 != 0 || pad.length / 2 > shape.size()) {
      throw ProgramRefusal.wrong("padding %s of a tensor of shape %s", Arrays.toString(pad), shape);
    }
    for (int i = 0; i < pad.length / 2; i++) {
      int d = shape.size() - 1 - i;
      shape.set(d, SymInts.add(shape.get(d), SymInt.of(pad[2 * i] + pad[2 * i + 1])));
    }
    return shape;
  }

  private static IValue constantPadNd(Invocation call) {
    TensorRef self = call.self();
    List<SymInt> shape = padded(call);
    if (Arrays.stream(call.integers("pad")).allMatch(p -> p == 0)) {
      return new TensorRef(self.content());
    }
    if (!call.allKnown()) {
      return call.record(self.dtype(), shape);
    }
    long[] pad = call.integers("pad");
    if (Arrays.stream(pad).anyMatch(p -> p < 0)) {
      throw ProgramRefusal.unsupported("negative padding of a constant");
    }
    TensorRef all = (TensorRef) Creations.filled(call, shape, call.get("value"), self.dtype());
    Tensor into = all.tensor("pad");
    Tensor from = self.tensor("pad");
    long offset = 0;
    for (int i = 0; i < pad.length / 2; i++) {
      offset += pad[2 * i] * into.strides()[shape.size() - 1 - i];
    }
    Elements.write(into.view(from.shape(), into.strides(), offset), from);
    return all;
  }
}
