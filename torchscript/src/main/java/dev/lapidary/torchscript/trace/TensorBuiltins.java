package dev.lapidary.torchscript.trace;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a program asks about a tensor without computing with it. */
final class TensorBuiltins {
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
      case "dim" -> Builtins.number(tensor.rank());
      case "len" -> new Datum.Int(tensor.shape().get(0));
      case "numel" -> new Datum.Int(Dims.product(tensor.shape()));
      case "is_floating_point" -> Builtins.bool(tensor.dtype().isFloating());
      case "is_complex", "requires_grad", "is_nested" -> Builtins.bool(false);
      case "is_signed" ->
          Builtins.bool(tensor.dtype() != DType.UINT8 && tensor.dtype() != DType.BOOL);
      case "is_contiguous" -> Builtins.bool(true);
      case "is_same_size" ->
          Builtins.bool(tensor.shape().equals(((TensorRef) arguments.get(1)).shape()));
      case "element_size" -> Builtins.number(tensor.dtype().bytes());
      case "all", "any" -> quantified(name, tensor, arguments);
      case "equal", "allclose" -> compared(name, tensor, arguments);
      case "item" -> tensor.dtype().isFloating() ? Calls.real(tensor) : Calls.integer(tensor);
      case "ScalarImplicit" ->
          tensor.dtype().isFloating() ? Calls.real(tensor) : Calls.integer(tensor);
      default -> null;
    };
  }

  /** Of all elements of a known tensor. */
  private static @Nullable Datum quantified(String name, TensorRef tensor, List<Datum> arguments) {
    if (arguments.size() > 1 || !tensor.isKnown()) {
      return null;
    }
    DoubleStream values = Arrays.stream(tensor.tensor(name).toDoubles());
    return ofNumber(
        Builtins.bool(
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
        return Builtins.bool(false);
      }
      throw Refusal.unsupported("%s of shapes %s and %s", name, tensor.shape(), other.shape());
    }
    return Builtins.bool(
        IntStream.range(0, a.length)
            .allMatch(
                i ->
                    a[i] == b[i] || Math.abs(a[i] - b[i]) <= absolute + relative * Math.abs(b[i])));
  }

  private static double at(List<Datum> arguments, int index, double otherwise) {
    return index < arguments.size() ? Invocation.number(arguments.get(index)) : otherwise;
  }

  private static @Nullable Datum ofComplex(
      String name, Datum.Complex complex, List<Datum> arguments) {
    return switch (name) {
      case "size", "dim", "len", "numel" -> {
        List<Datum> ofReal = new ArrayList<>(arguments);
        ofReal.set(0, complex.real());
        yield call(name, ofReal);
      }
      case "is_complex" -> Builtins.bool(true);
      case "is_floating_point" -> Builtins.bool(false);
      default -> null;
    };
  }

  /** {@code prim::dtype} and the like. */
  static @Nullable Datum property(String name, TensorRef tensor) {
    return switch (name) {
      case "dtype" ->
          Builtins.number(OnGrid.of(tensor).map(Grid::dtype).orElse(tensor.dtype()).scalarType());
      case "device" -> new Datum.Device("cpu");
      case "layout" -> Builtins.number(0);
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
          Builtins.bool(name.equals("is_cpu"));
      case "is_quantized" -> Builtins.bool(OnGrid.of(tensor).isPresent());
      case "shape" -> shape(tensor);
      case "ndim" -> Builtins.number(tensor.rank());
      default -> null;
    };
  }

  private static Datum size(TensorRef tensor, List<Datum> arguments) {
    if (arguments.size() == 1) {
      return shape(tensor);
    }
    int dimension = dimension(ListBuiltins.index(arguments.get(1)), tensor.rank());
    return new Datum.Int(tensor.shape().get(dimension));
  }

  private static Datum shape(TensorRef tensor) {
    return new Datum.ListOf(tensor.shape().stream().map(Datum.Int::new).toList());
  }

  /** A dimension's number from 0 on, negative ones counted from the end. */
  static int dimension(long dimension, int rank) {
    int bound = Math.max(rank, 1);
    if (dimension < -bound || dimension >= bound) {
      throw Refusal.wrong("dimension %d of a tensor with %d dimensions", dimension, rank);
    }
    return (int) (dimension < 0 ? dimension + bound : dimension);
  }

  /** {@code prim::NumToTensor}. */
  static TensorRef ofNumber(Datum number) {
    if (number instanceof Datum.Int i) {
      return ofInteger(i.value());
    }
    if (number instanceof Datum.Bool bool) {
      Tensor tensor = Tensor.zeros(DType.BOOL);
      tensor.storage().bytes().put(0, (byte) (bool.value() ? 1 : 0));
      return TensorRef.known(tensor);
    }
    Tensor tensor = Tensor.zeros(DType.FLOAT64);
    tensor.storage().bytes().putDouble(0, Invocation.number(number));
    return TensorRef.known(tensor);
  }

  static TensorRef ofInteger(Dim value) {
    return value.perBatch()
        ? new TensorRef(new Content.BatchNumber(value))
        : TensorRef.known(Tensor.of(new long[] {value.factor()}));
  }

  /** {@code tolist()}. */
  static Datum list(Tensor tensor, Budget budget) {
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
    return tensor.dtype() == DType.BOOL ? Builtins.bool(value != 0) : Builtins.number(value);
  }
}
