package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a program asks about a tensor without computing with it. */
public final class TensorBuiltins {
  private TensorBuiltins() {}

  static @Nullable IValue call(String name, List<IValue> arguments) {
    if (arguments.get(0) instanceof IValue.Complex complex) {
      return ofComplex(name, complex, arguments);
    }
    if (!(arguments.get(0) instanceof TensorRef tensor)) {
      return null;
    }
    return switch (name) {
      case "size", "sym_size" -> size(tensor, arguments);
      case "dim" -> IValue.number(tensor.rank());
      case "len" -> new IValue.Int(tensor.shape().get(0));
      case "numel" -> new IValue.Int(SymInts.product(tensor.shape()));
      case "is_floating_point" -> IValue.bool(tensor.dtype().isFloating());
      case "is_complex", "requires_grad", "is_nested" -> IValue.bool(false);
      case "is_signed" ->
          IValue.bool(tensor.dtype() != DType.UINT8 && tensor.dtype() != DType.BOOL);
      case "is_contiguous" -> IValue.bool(true);
      case "is_same_size" ->
          IValue.bool(tensor.shape().equals(((TensorRef) arguments.get(1)).shape()));
      case "element_size" -> IValue.number(tensor.dtype().bytes());
      case "all", "any" -> quantified(name, tensor, arguments);
      case "equal", "allclose" -> compared(name, tensor, arguments);
      case "item", "ScalarImplicit" -> Scalars.number(tensor);
      default -> null;
    };
  }

  /** Of all elements of a known tensor. */
  private static @Nullable IValue quantified(
      String name, TensorRef tensor, List<IValue> arguments) {
    if (arguments.size() > 1 || !tensor.isKnown()) {
      return null;
    }
    DoubleStream values = Arrays.stream(tensor.tensor(name).toDoubles());
    return Scalars.ofNumber(
        IValue.bool(
            name.equals("all") ? values.allMatch(v -> v != 0) : values.anyMatch(v -> v != 0)));
  }

  /** {@code torch.equal}, and {@code torch.allclose} with its tolerances. */
  private static IValue compared(String name, TensorRef tensor, List<IValue> arguments) {
    TensorRef other = (TensorRef) arguments.get(1);
    boolean exact = name.equals("equal");
    double relative = exact ? 0 : at(arguments, 2, 1e-5);
    double absolute = exact ? 0 : at(arguments, 3, 1e-8);
    double[] a = tensor.tensor(name + "()").toDoubles();
    double[] b = other.tensor(name + "()").toDoubles();
    if (!tensor.shape().equals(other.shape())) {
      if (exact) {
        return IValue.bool(false);
      }
      throw ProgramRefusal.unsupported(
          "%s of shapes %s and %s", name, tensor.shape(), other.shape());
    }
    return IValue.bool(
        IntStream.range(0, a.length)
            .allMatch(
                i ->
                    a[i] == b[i] || Math.abs(a[i] - b[i]) <= absolute + relative * Math.abs(b[i])));
  }

  private static double at(List<IValue> arguments, int index, double otherwise) {
    return index < arguments.size() ? arguments.get(index).toDouble() : otherwise;
  }

  private static @Nullable IValue ofComplex(
      String name, IValue.Complex complex, List<IValue> arguments) {
    return switch (name) {
      case "size", "dim", "len", "numel" -> {
        List<IValue> ofReal = new ArrayList<>(arguments);
        ofReal.set(0, complex.real());
        yield call(name, ofReal);
      }
      case "is_complex" -> IValue.bool(true);
      case "is_floating_point" -> IValue.bool(false);
      default -> null;
    };
  }

  /** {@code prim::dtype} and the like. */
  static @Nullable IValue property(String name, TensorRef tensor) {
    return switch (name) {
      case "dtype" ->
          IValue.number(
              tensor
                  .quantization()
                  .map(QuantizationParameters::dtype)
                  .orElse(tensor.dtype())
                  .scalarType());
      case "device" -> new IValue.Device("cpu");
      case "layout" -> IValue.number(0);
      case "is_cuda",
          "is_cpu",
          "is_sparse",
          "is_mkldnn",
          "is_mps",
          "is_xla",
          "is_meta",
          "is_vulkan",
          "requires_grad",
          "is_nested" ->
          IValue.bool(name.equals("is_cpu"));
      case "is_quantized" -> IValue.bool(tensor.quantization().isPresent());
      case "shape" -> IValue.ints(tensor.shape());
      case "ndim" -> IValue.number(tensor.rank());
      default -> null;
    };
  }

  private static IValue size(TensorRef tensor, List<IValue> arguments) {
    if (arguments.size() == 1) {
      return IValue.ints(tensor.shape());
    }
    int dimension = Shapes.dimension(arguments.get(1).toLong(), tensor.rank());
    return new IValue.Int(tensor.shape().get(dimension));
  }

  /** {@code tolist()}. */
  public static IValue list(Tensor tensor, Budget budget) {
    budget.length(tensor.numel());
    if (tensor.rank() == 0) {
      return element(tensor, tensor.offset());
    }
    List<IValue> items = new ArrayList<>();
    long[] shape = tensor.shape();
    long[] strides = tensor.strides();
    for (long i = 0; i < shape[0]; i++) {
      items.add(
          list(
              tensor.view(
                  Arrays.copyOfRange(shape, 1, shape.length),
                  Arrays.copyOfRange(strides, 1, strides.length),
                  tensor.offset() + i * strides[0]),
              budget));
    }
    return new IValue.ListOf(items);
  }

  private static IValue element(Tensor tensor, long position) {
    if (tensor.dtype().isFloating()) {
      return new IValue.Real(tensor.doubleAt(position));
    }
    long value = tensor.longAt(position);
    return tensor.dtype() == DType.BOOL ? IValue.bool(value != 0) : IValue.number(value);
  }
}
