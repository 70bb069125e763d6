package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Spectral Ops: the discrete Fourier transforms of {@code torch.fft}. Along dimensions of constant
 * size they are products with matrices of cosines and sines: every opset has those, where ONNX's
 * DFT came with 17, and what reads only a real part computes no other.
 */
final class Spectral {

  private Spectral() {}

  static void addTo(Map<String, Operator> table) {
    table.put("fft_fft", call -> transform(call, "fft"));
    table.put("fft_fft2", call -> transform(call, "fft"));
    table.put("fft_fftn", call -> transform(call, "fft"));
    table.put("fft_ifft", call -> transform(call, "ifft"));
    table.put("fft_ifft2", call -> transform(call, "ifft"));
    table.put("fft_ifftn", call -> transform(call, "ifft"));
    table.put("fft_rfft", call -> transform(call, "rfft"));
    table.put("fft_rfft2", call -> transform(call, "rfft"));
    table.put("fft_rfftn", call -> transform(call, "rfft"));
    table.put("fft_irfft", call -> transform(call, "irfft"));
    table.put("fft_irfft2", call -> transform(call, "irfft"));
    table.put("fft_irfftn", call -> transform(call, "irfft"));
  }

  /**
   * One dimension of a transform.
   *
   * @param length of the signal, to which the input is cut or filled up by zeros
   */
  private record Axis(int dim, long length) {}

  /** A tensor whose imaginary part may be zero. */
  private record Parts(TensorRef real, Optional<TensorRef> imaginary) {
    static Parts of(IValue ivalue) {
      return ivalue instanceof IValue.Complex complex
          ? new Parts(complex.real(), Optional.of(complex.imaginary()))
          : new Parts((TensorRef) ivalue, Optional.empty());
    }
  }

  private static IValue transform(Invocation call, String kind) {
    Parts x = Parts.of(call.get("self"));
    if (kind.equals("rfft") && x.imaginary().isPresent()) {
      throw ProgramRefusal.wrong("%s of complex numbers", call.operator());
    }
    if (x.imaginary().isEmpty() && !x.real().dtype().isFloating()) {
      IValue float32 = IValue.number(DType.FLOAT32.scalarType());
      x = Parts.of(call.call("to", x.real(), float32));
    }
    List<Axis> axes = axes(call, x.real(), kind.equals("irfft"));
    int last = axes.size() - 1;
    if (kind.equals("rfft")) {
      x = full(call, x, axes.get(last), kind, axes.get(last).length() / 2 + 1);
    }
    for (Axis axis : kind.contains("r") ? axes.subList(0, last) : axes) {
      x = full(call, x, axis, kind, axis.length());
    }
    if (kind.equals("irfft")) {
      return ofHalf(call, x, axes.get(last), kind);
    }
    return new IValue.Complex(x.real(), x.imaginary().orElseThrow());
  }

  /** Along the last of them a half spectrum begins or ends. */
  private static List<Axis> axes(Invocation call, TensorRef x, boolean fromHalf) {
    boolean one = call.has("n");
    long[] lengths = lengths(call, one);
    long[] dims = dims(call, one, x.rank(), lengths.length);
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < dims.length; i++) {
      int dim = Shapes.dimension(dims[i], x.rank());
      long size = SymInts.constant(x.shape().get(dim));
      long natural = fromHalf && i == dims.length - 1 ? 2 * (size - 1) : size;
      long length = lengths.length == 0 || lengths[i] == -1 ? natural : lengths[i];
      if (length < 1 || axes.stream().anyMatch(axis -> axis.dim() == dim)) {
        throw ProgramRefusal.wrong(
            "%s of %d numbers along dimension %d of %s", call.operator(), length, dim, x.shape());
      }
      axes.add(new Axis(dim, length));
    }
    return axes;
  }

  private static long[] lengths(Invocation call, boolean one) {
    String parameter = one ? "n" : "s";
    if (call.isNone(parameter)) {
      return new long[0];
    }
    return one ? new long[] {call.integer(parameter)} : call.integers(parameter);
  }

  private static long[] dims(Invocation call, boolean one, int rank, int lengths) {
    long[] dims;
    if (one) {
      dims = new long[] {call.integer("dim")};
    } else if (call.isNone("dim")) {
      int count = lengths == 0 ? rank : lengths;
      dims = java.util.stream.LongStream.range(-count, 0).toArray();
    } else {
      dims = call.integers("dim");
    }
    if (dims.length == 0 || (lengths > 0 && lengths != dims.length)) {
      throw ProgramRefusal.wrong(
          "%s along %d dimensions with %d lengths", call.operator(), dims.length, lengths);
    }
    return dims;
  }

  /**
   * {@code X[k] = sum of x[j] (cos + i sin)(-2 pi j k / n)}, or with the other sign the inverse.
   *
   * @param count of the frequencies k that are kept
   */
  private static Parts full(Invocation call, Parts x, Axis axis, String kind, long count) {
    int sign = kind.startsWith("i") ? 1 : -1;
    double scale = scale(call, kind, axis.length());
    IValue cosines = matrix(call, x, axis, count, angle -> scale * Math.cos(angle));
    IValue sines = matrix(call, x, axis, count, angle -> sign * scale * Math.sin(angle));
    TensorRef real = along(call, x.real(), axis.dim(), cosines);
    TensorRef imaginary = along(call, x.real(), axis.dim(), sines);
    if (x.imaginary().isPresent()) {
      TensorRef second = x.imaginary().get();
      real = call.callTensor("sub", real, along(call, second, axis.dim(), sines));
      imaginary = call.callTensor("add", imaginary, along(call, second, axis.dim(), cosines));
    }
    return new Parts(real, Optional.of(imaginary));
  }

  /** The real signal of half a spectrum: all but its first and its middle number count twice. */
  private static IValue ofHalf(Invocation call, Parts x, Axis axis, String kind) {
    long n = axis.length();
    double scale = scale(call, kind, n);
    TensorRef signal = along(call, x.real(), axis.dim(), half(call, x, axis, scale, true));
    return x.imaginary().isEmpty()
        ? signal
        : call.call(
            "sub",
            signal,
            along(call, x.imaginary().get(), axis.dim(), half(call, x, axis, scale, false)));
  }

  private static IValue half(Invocation call, Parts x, Axis axis, double scale, boolean cosine) {
    long rows = SymInts.constant(x.real().shape().get(axis.dim()));
    long n = axis.length();
    return Elements.reals(
        call.budget(),
        DType.FLOAT32,
        new long[] {rows, n},
        i -> {
          long k = i / n;
          boolean once = k == 0 || 2 * k == n;
          if (2 * k > n || (once && !cosine)) {
            return 0;
          }
          double angle = angle(k, i % n, n);
          return (once ? 1 : 2) * scale * (cosine ? Math.cos(angle) : Math.sin(angle));
        });
  }

  private static IValue matrix(
      Invocation call, Parts x, Axis axis, long columns, DoubleUnaryOperator value) {
    long rows = SymInts.constant(x.real().shape().get(axis.dim()));
    return Elements.reals(
        call.budget(),
        DType.FLOAT32,
        new long[] {rows, columns},
        i -> {
          long j = i / columns;
          return j < axis.length() ? value.applyAsDouble(angle(j, i % columns, axis.length())) : 0;
        });
  }

  /** Reduced first: a cosine of a large angle would be off by what the angle is rounded by. */
  private static double angle(long j, long k, long n) {
    return 2 * Math.PI * (j * k % n) / n;
  }

  private static double scale(Invocation call, String kind, long n) {
    String norm = call.isNone("norm") ? "backward" : call.text("norm");
    return switch (norm) {
      case "ortho" -> 1 / Math.sqrt((double) n);
      case "forward", "backward" ->
          norm.equals("forward") == kind.startsWith("i") ? 1 : 1 / (double) n;
      default -> throw ProgramRefusal.wrong("%s with the norm %s", call.operator(), norm);
    };
  }

  /** A matrix {@code [from, to]} applied to each vector along a dimension. */
  private static TensorRef along(Invocation call, TensorRef x, int dim, IValue matrix) {
    int last = x.rank() - 1;
    if (dim == last) {
      return call.callTensor("matmul", x, matrix);
    }
    if (dim == last - 1) {
      return call.callTensor("matmul", call.call("t", matrix), x);
    }
    IValue axis = IValue.number(dim);
    IValue end = IValue.number(last);
    IValue product = call.call("matmul", call.call("transpose", x, axis, end), matrix);
    return call.callTensor("transpose", product, axis, end);
  }
}
