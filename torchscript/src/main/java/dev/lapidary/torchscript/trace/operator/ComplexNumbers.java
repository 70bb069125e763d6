package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/**
 * Operators of complex tensors, which are two real ones each: the graph knows of no others. What is
 * not listed here takes real tensors alone.
 */
public final class ComplexNumbers {
  /** What is done to a number's real part is done to its imaginary part: views, sums, copies. */
  private static final List<String> PARTWISE =
      List.of(
          """
          alias clone contiguous detach expand fft_fftshift fft_ifftshift flatten flip mean narrow
          neg permute repeat reshape roll select slice squeeze sum transpose unflatten unsqueeze
          view
          """
              .split("\\s+"));

  /** What other operators on the parts make up: functions of the text, behind {@code complex_}. */
  private static final List<String> COMPOSED =
      List.of(
          "abs", "add", "angle", "conj", "_conj", "div", "matmul", "mul", "sub", "view_as_real");

  private ComplexNumbers() {}

  /** Those that make complex numbers of real ones. */
  public static void addTo(Map<String, Operator> table) {
    table.put("view_as_complex", ComplexNumbers::ofPairs);
    table.put("complex", call -> new IValue.Complex(call.tensor("real"), call.tensor("imag")));
    table.put("real", Invocation::self);
    table.put("resolve_conj", Invocation::self);
  }

  /** Those that take complex numbers. */
  public static void addOfComplex(Map<String, Operator> table) {
    Spectral.addTo(table);
    PARTWISE.forEach(name -> table.put(name, ComplexNumbers::partwise));
    COMPOSED.forEach(name -> table.put(name, call -> call.decomposed("complex_" + name)));
    table.put("real", call -> self(call).real());
    table.put("imag", call -> self(call).imaginary());
    table.put("resolve_conj", ComplexNumbers::self);
  }

  private static IValue.Complex self(Invocation call) {
    if (call.get("self") instanceof IValue.Complex self) {
      return self;
    }
    throw ProgramRefusal.unsupported("%s of real by complex numbers", call.operator());
  }

  private static IValue partwise(Invocation call) {
    IValue.Complex self = self(call);
    return new IValue.Complex(ofPart(call, self.real()), ofPart(call, self.imaginary()));
  }

  private static TensorRef ofPart(Invocation call, TensorRef part) {
    return (TensorRef) call.dispatcher().apply(call.with("self", part));
  }

  private static IValue ofPairs(Invocation call) {
    TensorRef self = call.self();
    boolean pairs = self.rank() > 0 && self.shape().get(self.rank() - 1).equals(SymInt.of(2));
    if (!pairs || self.dtype() != DType.FLOAT32) {
      throw ProgramRefusal.wrong(
          "%s of %s%s; pairs of FLOAT32 are expected", call.operator(), self.dtype(), self.shape());
    }
    IValue last = IValue.number(-1);
    return new IValue.Complex(
        call.callTensor("select", self, last, IValue.number(0)),
        call.callTensor("select", self, last, IValue.number(1)));
  }
}
