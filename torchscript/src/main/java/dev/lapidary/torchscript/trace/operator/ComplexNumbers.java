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

  private ComplexNumbers() {}

  /** Those that make complex numbers of real ones. */
  public static void addTo(Map<String, Operator> table) {
    table.put("view_as_complex", ComplexNumbers::ofPairs);
    table.put("complex", call -> new IValue.Complex(call.tensor("real"), call.tensor("imag")));
    table.put("polar", ComplexNumbers::polar);
    table.put("real", Invocation::self);
    table.put("resolve_conj", Invocation::self);
  }

  /** Those that take complex numbers. */
  public static void addOfComplex(Map<String, Operator> table) {
    Spectral.addTo(table);
    PARTWISE.forEach(name -> table.put(name, ComplexNumbers::partwise));
    table.put("real", call -> self(call).real());
    table.put("imag", call -> self(call).imaginary());
    table.put("view_as_real", ComplexNumbers::asPairs);
    table.put("resolve_conj", ComplexNumbers::self);
    table.put("conj", ComplexNumbers::conjugate);
    table.put("_conj", ComplexNumbers::conjugate);
    table.put("abs", ComplexNumbers::magnitude);
    table.put("angle", call -> call.call("atan2", self(call).imaginary(), self(call).real()));
    table.put("add", ComplexNumbers::sum);
    table.put("sub", ComplexNumbers::sum);
    table.put("mul", ComplexNumbers::product);
    table.put("matmul", ComplexNumbers::product);
    table.put("div", ComplexNumbers::quotient);
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

  private static IValue asPairs(Invocation call) {
    IValue.Complex self = self(call);
    IValue parts = new IValue.ListOf(List.of(self.real(), self.imaginary()));
    return call.call("stack", parts, IValue.number(-1));
  }

  private static IValue polar(Invocation call) {
    IValue angle = call.get("angle");
    return new IValue.Complex(
        call.callTensor("mul", call.get("abs"), call.call("cos", angle)),
        call.callTensor("mul", call.get("abs"), call.call("sin", angle)));
  }

  private static IValue conjugate(Invocation call) {
    IValue.Complex self = self(call);
    return new IValue.Complex(self.real(), call.callTensor("neg", self.imaginary()));
  }

  private static IValue magnitude(Invocation call) {
    IValue.Complex self = self(call);
    IValue real = call.call("square", self.real());
    IValue imaginary = call.call("square", self.imaginary());
    return call.call("sqrt", call.call("add", real, imaginary));
  }

  /** Of two complex tensors; a real one would leave the other's imaginary part as it is. */
  private static IValue sum(Invocation call) {
    boolean plain = call.get("alpha").toDouble() == 1;
    if (!plain || !(call.get("other") instanceof IValue.Complex other)) {
      throw ProgramRefusal.unsupported(
          "%s of real and complex numbers, or with alpha", call.operator());
    }
    IValue.Complex self = self(call);
    return new IValue.Complex(
        call.callTensor(call.name(), self.real(), other.real()),
        call.callTensor(call.name(), self.imaginary(), other.imaginary()));
  }

  /** {@code (a + bi)(c + di) = ac - bd + (ad + bc)i}; a real factor takes both parts. */
  private static IValue product(Invocation call) {
    IValue left = call.get("self");
    IValue right = call.get("other");
    String name = call.name();
    if (!(left instanceof IValue.Complex a)) {
      IValue.Complex b = (IValue.Complex) right;
      return new IValue.Complex(
          call.callTensor(name, left, b.real()), call.callTensor(name, left, b.imaginary()));
    }
    if (!(right instanceof IValue.Complex b)) {
      return new IValue.Complex(
          call.callTensor(name, a.real(), right), call.callTensor(name, a.imaginary(), right));
    }
    return new IValue.Complex(
        call.callTensor(
            "sub",
            call.call(name, a.real(), b.real()),
            call.call(name, a.imaginary(), b.imaginary())),
        call.callTensor(
            "add",
            call.call(name, a.real(), b.imaginary()),
            call.call(name, a.imaginary(), b.real())));
  }

  private static IValue quotient(Invocation call) {
    IValue divisor = call.get("other");
    if (divisor instanceof IValue.Complex || call.has("rounding_mode")) {
      throw ProgramRefusal.unsupported("%s by complex numbers, or rounded", call.operator());
    }
    IValue.Complex self = self(call);
    return new IValue.Complex(
        call.callTensor("div", self.real(), divisor),
        call.callTensor("div", self.imaginary(), divisor));
  }
}
