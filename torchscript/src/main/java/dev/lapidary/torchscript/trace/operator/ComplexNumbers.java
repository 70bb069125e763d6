package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
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
          "alias",
          "clone",
          "contiguous",
          "detach",
          "expand",
          "fft_fftshift",
          "fft_ifftshift",
          "flatten",
          "flip",
          "mean",
          "narrow",
          "neg",
          "permute",
          "repeat",
          "reshape",
          "roll",
          "select",
          "slice",
          "squeeze",
          "sum",
          "transpose",
          "unflatten",
          "unsqueeze",
          "view");

  private ComplexNumbers() {}

  /** Those that make complex numbers of real ones. */
  public static void addTo(Map<String, Operator> table) {
    table.put("view_as_complex", ComplexNumbers::ofPairs);
    table.put("complex", call -> new Datum.Complex(call.tensor("real"), call.tensor("imag")));
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
    table.put(
        "angle",
        call -> PointwiseTrigonometry.angle(call, self(call).imaginary(), self(call).real()));
    table.put("add", ComplexNumbers::sum);
    table.put("sub", ComplexNumbers::sum);
    table.put("mul", ComplexNumbers::product);
    table.put("matmul", ComplexNumbers::product);
    table.put("div", ComplexNumbers::quotient);
  }

  private static Datum.Complex self(Invocation call) {
    if (call.get("self") instanceof Datum.Complex self) {
      return self;
    }
    throw Refusal.unsupported("%s of real by complex numbers", call.operator());
  }

  private static Datum partwise(Invocation call) {
    Datum.Complex self = self(call);
    return new Datum.Complex(ofPart(call, self.real()), ofPart(call, self.imaginary()));
  }

  private static TensorRef ofPart(Invocation call, TensorRef part) {
    return (TensorRef) call.dispatcher().apply(call.with("self", part));
  }

  private static Datum ofPairs(Invocation call) {
    TensorRef self = call.self();
    boolean pairs = self.rank() > 0 && self.shape().get(self.rank() - 1).equals(Dim.of(2));
    if (!pairs || self.dtype() != DType.FLOAT32) {
      throw Refusal.wrong(
          "%s of %s%s; pairs of FLOAT32 are expected", call.operator(), self.dtype(), self.shape());
    }
    Datum last = Datum.number(-1);
    return new Datum.Complex(
        call.callTensor("select", self, last, Datum.number(0)),
        call.callTensor("select", self, last, Datum.number(1)));
  }

  private static Datum asPairs(Invocation call) {
    Datum.Complex self = self(call);
    Datum parts = new Datum.ListOf(List.of(self.real(), self.imaginary()));
    return call.call("stack", parts, Datum.number(-1));
  }

  private static Datum polar(Invocation call) {
    Datum angle = call.get("angle");
    return new Datum.Complex(
        call.callTensor("mul", call.get("abs"), call.call("cos", angle)),
        call.callTensor("mul", call.get("abs"), call.call("sin", angle)));
  }

  private static Datum conjugate(Invocation call) {
    Datum.Complex self = self(call);
    return new Datum.Complex(self.real(), call.callTensor("neg", self.imaginary()));
  }

  private static Datum magnitude(Invocation call) {
    Datum.Complex self = self(call);
    Datum real = call.call("square", self.real());
    Datum imaginary = call.call("square", self.imaginary());
    return call.call("sqrt", call.call("add", real, imaginary));
  }

  /** Of two complex tensors; a real one would leave the other's imaginary part as it is. */
  private static Datum sum(Invocation call) {
    boolean plain = call.get("alpha").toDouble() == 1;
    if (!plain || !(call.get("other") instanceof Datum.Complex other)) {
      throw Refusal.unsupported("%s of real and complex numbers, or with alpha", call.operator());
    }
    Datum.Complex self = self(call);
    return new Datum.Complex(
        call.callTensor(call.name(), self.real(), other.real()),
        call.callTensor(call.name(), self.imaginary(), other.imaginary()));
  }

  /** {@code (a + bi)(c + di) = ac - bd + (ad + bc)i}; a real factor takes both parts. */
  private static Datum product(Invocation call) {
    Datum left = call.get("self");
    Datum right = call.get("other");
    String name = call.name();
    if (!(left instanceof Datum.Complex a)) {
      Datum.Complex b = (Datum.Complex) right;
      return new Datum.Complex(
          call.callTensor(name, left, b.real()), call.callTensor(name, left, b.imaginary()));
    }
    if (!(right instanceof Datum.Complex b)) {
      return new Datum.Complex(
          call.callTensor(name, a.real(), right), call.callTensor(name, a.imaginary(), right));
    }
    return new Datum.Complex(
        call.callTensor(
            "sub",
            call.call(name, a.real(), b.real()),
            call.call(name, a.imaginary(), b.imaginary())),
        call.callTensor(
            "add",
            call.call(name, a.real(), b.imaginary()),
            call.call(name, a.imaginary(), b.real())));
  }

  private static Datum quotient(Invocation call) {
    Datum divisor = call.get("other");
    if (divisor instanceof Datum.Complex || call.has("rounding_mode")) {
      throw Refusal.unsupported("%s by complex numbers, or rounded", call.operator());
    }
    Datum.Complex self = self(call);
    return new Datum.Complex(
        call.callTensor("div", self.real(), divisor),
        call.callTensor("div", self.imaginary(), divisor));
  }
}
