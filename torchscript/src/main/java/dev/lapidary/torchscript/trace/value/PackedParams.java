package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A layer's weights as quantized archives hold them: an object of libtorch's own class, whose state
 * is {@code ("2", [parameters, weight], [bias])} of a convolution and {@code (weight, bias)} of a
 * linear layer. Source: {@code aten/src/ATen/native/quantized/cpu/conv_serialization.h} and {@code
 * fbgemm_utils.cpp}.
 *
 * @param path of the layer in the state_dict: {@code layer1.0.conv1}
 * @param weight INT8 {@code [O, I/groups, kH, kW]} or {@code [O, I]}
 * @param bias FLOAT32 {@code [O]}
 * @param window of a convolution
 */
public record PackedParams(
    String path,
    Tensor weight,
    PyValue.Quantizer quantizer,
    Optional<Tensor> bias,
    Optional<Window> window) {
  public static final Set<String> PACKING =
      Set.of("quantized::conv2d_prepack", "quantized::linear_prepack");

  private static final String CLASSES = "__torch__.torch.classes.quantized.";
  private static final String CONVOLUTION = CLASSES + "Conv2dPackedParamsBase";
  private static final String LINEAR = CLASSES + "LinearPackedParamsBase";

  /** How a convolution's window moves; each two numbers, height first. */
  public record Window(
      List<SymInt> stride, List<SymInt> padding, List<SymInt> dilation, long groups) {

    /** {@code [2, stride, padding, dilation, output_padding, groups, transposed]}. */
    static Window of(String path, Tensor numbers) {
      boolean ofImages = numbers.rank() == 1 && numbers.size(0) == 11;
      long[] n = ofImages ? numbers.toLongs() : new long[1];
      if (n[0] != 2) {
        throw ProgramRefusal.unsupported("%s: a packed convolution that is not of images", path);
      }
      if (n[10] != 0) {
        throw ProgramRefusal.unsupported("%s: a packed transposed convolution", path);
      }
      return new Window(
          SymInts.of(n[1], n[2]), SymInts.of(n[3], n[4]), SymInts.of(n[5], n[6]), n[9]);
    }
  }

  /** Whether an object is of a class that libtorch packs quantized weights in. */
  public static boolean isPacked(PyObject object) {
    return object.className().startsWith(CLASSES);
  }

  /**
   * @param path of the attribute: {@code layer1.0.conv1._packed_params}
   */
  public static PackedParams of(String path, PyObject object) {
    String layer = layer(path);
    if (object.attributes().get(PyObject.STATE) instanceof PyTuple state) {
      List<PyValue> items = state.items();
      if (object.className().equals(LINEAR) && items.size() == 2) {
        return of(layer, weight(layer, items.get(0)), bias(layer, items.get(1)), Optional.empty());
      }
      if (object.className().equals(CONVOLUTION)
          && items.size() == 3
          && items.get(0).equals(new PyString("2"))
          && items.get(1) instanceof PyList tensors
          && tensors.items().size() == 2
          && tensors.items().get(0) instanceof PyTensor numbers
          && items.get(2) instanceof PyList optional
          && optional.items().size() == 1) {
        return of(
            layer,
            weight(layer, tensors.items().get(1)),
            bias(layer, optional.items().get(0)),
            Optional.of(Window.of(layer, numbers.tensor())));
      }
    }
    throw ProgramRefusal.unsupported(
        "%s: weights packed as %s in a version that is not supported", layer, object.className());
  }

  /** The bias, or None. */
  public IValue addend() {
    return bias.isPresent() ? TensorRef.ofArchive(bias.get(), path + ".bias") : IValue.None.NONE;
  }

  private static PyQTensor weight(String layer, PyValue value) {
    if (value instanceof PyQTensor weight) {
      return weight;
    }
    throw unsupported(layer);
  }

  private static Optional<Tensor> bias(String layer, PyValue value) {
    if (value instanceof PyTensor bias) {
      return Optional.of(bias.tensor());
    }
    if (value == PyNone.NONE) {
      return Optional.empty();
    }
    throw unsupported(layer);
  }

  /** Whether an operator packs a layer's weights, as a module does when it is loaded. */
  public static boolean packs(String operator) {
    return PACKING.contains(operator);
  }

  /**
   * The weights of a module that packs them when it is loaded: {@code (weight, bias)} of a linear
   * layer; of a convolution also {@code stride, padding, dilation, groups}.
   *
   * @param module its path
   */
  public static PackedParams of(String module, List<IValue> arguments) {
    String layer = layer(module);
    if (arguments.size() != 2 && arguments.size() != 6) {
      throw unsupported(layer);
    }
    Optional<Window> window = Optional.empty();
    if (arguments.size() == 6) {
      List<SymInt> stride = pair(layer, arguments.get(2));
      List<SymInt> padding = pair(layer, arguments.get(3));
      List<SymInt> dilation = pair(layer, arguments.get(4));
      long groups = (long) arguments.get(5).toDouble();
      window = Optional.of(new Window(stride, padding, dilation, groups));
    }
    IValue bias = arguments.get(1);
    if (!(arguments.get(0) instanceof IValue.Quantized weight)
        || !(bias == IValue.None.NONE || bias instanceof TensorRef)) {
      throw unsupported(layer);
    }
    Optional<Tensor> added =
        bias instanceof TensorRef tensor
            ? Optional.of(tensor.tensor("the bias of " + layer))
            : Optional.empty();
    return of(layer, weight.tensor(), added, window);
  }

  private static List<SymInt> pair(String layer, IValue list) {
    List<IValue> items = list.toList();
    if (items.size() != 2) {
      throw unsupported(layer);
    }
    return items.stream().map(item -> SymInt.of((long) item.toDouble())).toList();
  }

  private static String layer(String path) {
    return path.replaceFirst("(\\._packed_params)+$", "");
  }

  private static PackedParams of(
      String layer, PyQTensor weight, Optional<Tensor> bias, Optional<Window> window) {
    Tensor q = weight.integers();
    boolean byOutput =
        !(weight.quantizer() instanceof PyValue.Quantizer.PerChannel each) || each.axis() == 0;
    if (q.dtype() != DType.QINT8
        || q.rank() != (window.isPresent() ? 4 : 2)
        || !byOutput
        || bias.filter(b -> b.dtype() != DType.FLOAT32 || b.rank() != 1 || b.size(0) != q.size(0))
            .isPresent()) {
      throw unsupported(layer);
    }
    Tensor integers = new Tensor(DType.INT8, q.shape(), q.strides(), q.storage(), q.offset());
    return new PackedParams(layer, integers, weight.quantizer(), bias, window);
  }

  private static ProgramRefusal unsupported(String layer) {
    return ProgramRefusal.unsupported(
        "%s: packed weights that are not QINT8 with a scale for all or for each output, and a"
            + " FLOAT32 bias of each",
        layer);
  }
}
