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

/** Vision functions: padding. */
public final class VisionPadding {

  private VisionPadding() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("pad", VisionPadding::pad);
    table.put("constant_pad_nd", VisionPadding::constantPadNd);
  }

  private static IValue pad(Invocation call) {
    if (call.text("mode").equals("constant")) {
      IValue value = call.isNone("value") ? IValue.number(0) : call.get("value");
      return call.call("constant_pad_nd", call.self(), call.get("pad"), value);
    }
    if (call.text("mode").equals("circular")) {
      return circular(call);
    }
    return call.record(call.self().dtype(), padded(call));
  }

  /** Before the first element comes the last one, and behind the last the first. */
  private static IValue circular(Invocation call) {
    long[] pad = call.integers("pad");
    TensorRef padded = call.self();
    for (int i = 0; i < pad.length / 2; i++) {
      int dim = padded.rank() - 1 - i;
      long size = SymInts.constant(padded.shape().get(dim));
      long before = pad[2 * i];
      long after = pad[2 * i + 1];
      if (before < 0 || after < 0 || before > size || after > size) {
        throw ProgramRefusal.wrong(
            "circular padding of %d and %d of a size of %d", before, after, size);
      }
      IValue along = IValue.number(dim);
      IValue last = Slicing.part(call, padded, along, size - before, size);
      IValue first = Slicing.part(call, padded, along, 0, after);
      padded = call.callTensor("cat", new IValue.ListOf(List.of(last, padded, first)), along);
    }
    return padded;
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
