package dev.lapidary.torchscript.trace.builtin;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Grid;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
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

  static @Nullable Datum call(String name, List<Datum> arguments) {
    if (arguments.get(0) instanceof Datum.Complex complex) {
      return ofComplex(name, complex, arguments);
    }
    if (!(arguments.get(0) instanceof TensorRef tensor)) {
      return null;
    }
    return switch (name) {
      case "size", "sym_size" -> size(tensor, arguments);
      case "dim" -> Datum.number(tensor.rank());
      case "len" -> new Datum.Int(tensor.shape().get(0));
      case "numel" -> new Datum.Int(Dims.product(tensor.shape()));
      case "is_floating_point" -> Datum.bool(tensor.dtype().isFloating());
      case "is_complex", "requires_grad", "is_nested" -> Datum.bool(false);
      case "is_signed" -> Datum.bool(tensor.dtype() != DType.UINT8 && tensor.dtype() != DType.BOOL);
      case "is_contiguous" -> Datum.bool(true);
      case "is_same_size" ->
          Datum.bool(tensor.shape().equals(((TensorRef) arguments.get(1)).shape()));
      case "element_size" -> Datum.number(tensor.dtype().bytes());
      case "all", "any" -> quantified(name, tensor, arguments);
      case "equal", "allclose" -> compared(name, tensor, arguments);
      case "item" -> tensor.dtype().isFloating() ? Scalars.real(tensor) : Scalars.integer(tensor);
      case "ScalarImplicit" ->
          tensor.dtype().isFloating() ? Scalars.real(tensor) : Scalars.integer(tensor);
      default -> null;
    };
  }

  /** Of all elements of a known tensor. */
  private static @Nullable Datum quantified(String name, TensorRef tensor, List<Datum> arguments) {
    if (arguments.size() > 1 || !tensor.isKnown()) {
      return null;
    }
    DoubleStream values = Arrays.stream(tensor.tensor(name).toDoubles());
    return Scalars.ofNumber(
        Datum.bool(
            name.equals("all") ? values.allMatch(v -> v != 0) : values.anyMatch(v -> v != 0)));
  }

  /** {@code torch.equal}, and {@code torch.allclose} with its tolerances. */
  private static Datum compared(String name, TensorRef tensor, List<Datum> arguments) {
    TensorRef other = (TensorRef) arguments.get(1);
    boolean exact = name.equals("equal");
    double relative = exact ? 0 : at(arguments, 2, 1e-5);
    double absolute = exact ? 0 : at(arguments, 3, 1e-8);
    double[] a = tensor.tensor(name + "()").toDoubles();
    double[] b = other.tensor(name + "()").toDoubles();
    if (!tensor.shape().equals(other.shape())) {
      if (exact) {
        return Datum.bool(false);
      }
      throw Refusal.unsupported("%s of shapes %s and %s", name, tensor.shape(), other.shape());
    }
    return Datum.bool(
        IntStream.range(0, a.length)
            .allMatch(
                i ->
                    a[i] == b[i] || Math.abs(a[i] - b[i]) <= absolute + relative * Math.abs(b[i])));
  }

  private static double at(List<Datum> arguments, int index, double otherwise) {
    return index < arguments.size() ? arguments.get(index).toDouble() : otherwise;
  }

  private static @Nullable Datum ofComplex(
      String name, Datum.Complex complex, List<Datum> arguments) {
    return switch (name) {
      case "size", "dim", "len", "numel" -> {
        List<Datum> ofReal = new ArrayList<>(arguments);
        ofReal.set(0, complex.real());
        yield call(name, ofReal);
      }
      case "is_complex" -> Datum.bool(true);
      case "is_floating_point" -> Datum.bool(false);
      default -> null;
    };
  }

  /** {@code prim::dtype} and the like. */
  static @Nullable Datum property(String name, TensorRef tensor) {
    return switch (name) {
      case "dtype" ->
          Datum.number(tensor.grid().map(Grid::dtype).orElse(tensor.dtype()).scalarType());
      case "device" -> new Datum.Device("cpu");
      case "layout" -> Datum.number(0);
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
          Datum.bool(name.equals("is_cpu"));
      case "is_quantized" -> Datum.bool(tensor.grid().isPresent());
      case "shape" -> shape(tensor);
      case "ndim" -> Datum.number(tensor.rank());
      default -> null;
    };
  }

  private static Datum size(TensorRef tensor, List<Datum> arguments) {
    if (arguments.size() == 1) {
      return shape(tensor);
    }
    int dimension = Shapes.dimension(arguments.get(1).toLong(), tensor.rank());
    return new Datum.Int(tensor.shape().get(dimension));
  }

  private static Datum shape(TensorRef tensor) {
    return new Datum.ListOf(tensor.shape().stream().map(Datum.Int::new).toList());
  }

  /** {@code tolist()}. */
  public static Datum list(Tensor tensor, Budget budget) {
    budget.length(tensor.numel());
    if (tensor.rank() == 0) {
      return element(tensor, tensor.offset());
    }
    List<Datum> items = new ArrayList<>();
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
    return new Datum.ListOf(items);
  }

  private static Datum element(Tensor tensor, long position) {
    if (tensor.dtype().isFloating()) {
      return new Datum.Real(tensor.doubleAt(position));
    }
    long value = tensor.longAt(position);
    return tensor.dtype() == DType.BOOL ? Datum.bool(value != 0) : Datum.number(value);
  }
}
