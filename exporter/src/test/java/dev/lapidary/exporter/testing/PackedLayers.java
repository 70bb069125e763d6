package dev.lapidary.exporter.testing;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import java.util.List;

/** Quantized layers as PyTorch packs them into archives, of weights that their name gives. */
public final class PackedLayers {
  private static final String CLASSES = "__torch__.torch.classes.quantized.";

  private PackedLayers() {}

  /**
   * @param geometry stride, padding and dilation, two numbers each, and groups
   */
  public static PyObject convolution(PyQTensor weight, PyValue bias, long... geometry) {
    Tensor numbers = Tensor.zeros(DType.INT16, 11);
    numbers.bytes().putShort(0, (short) 2);
    for (int i = 0; i < 6; i++) {
      numbers.bytes().putShort(2 + 2 * i, (short) geometry[i]);
    }
    numbers.bytes().putShort(18, (short) geometry[6]);
    PyList tensors = new PyList("Tensor", List.of(new PyTensor(numbers, false), weight));
    return packed(
        "Conv2dPackedParamsBase", new PyString("2"), tensors, new PyList("", List.of(bias)));
  }

  public static PyObject linear(PyQTensor weight, PyValue bias) {
    return packed("LinearPackedParamsBase", weight, bias);
  }

  public static PyObject packed(String type, PyValue... state) {
    PyObject object = new PyObject(CLASSES + type);
    object.attributes().put(PyObject.STATE, new PyTuple(List.of(state)));
    return object;
  }

  /** One scale and zero point for all. */
  public static PyQTensor weight(String name, double scale, long zeroPoint, long... shape) {
    return new PyQTensor(integers(name, shape), new Quantizer.PerTensor(scale, zeroPoint));
  }

  /** A scale for each output, the last one four times the first. */
  public static PyQTensor weightByOutput(String name, double scale, long... shape) {
    Tensor scales = Tensor.zeros(DType.FLOAT64, shape[0]);
    for (int i = 0; i < shape[0]; i++) {
      scales.bytes().putDouble(8 * i, scale * (1 + 3.0 * i / (shape[0] - 1)));
    }
    Tensor zeroPoints = Tensor.zeros(DType.INT64, shape[0]);
    return new PyQTensor(integers(name, shape), new Quantizer.PerChannel(scales, zeroPoints, 0));
  }

  public static PyValue bias(String name, long outputs) {
    return new PyTensor(Uniform.tensor(name, outputs), false);
  }

  public static PyValue noBias() {
    return PyNone.NONE;
  }

  private static Tensor integers(String name, long... shape) {
    float[] uniform = Uniform.tensor(name, shape).toFloats();
    Tensor integers = Tensor.zeros(DType.QINT8, shape);
    for (int i = 0; i < uniform.length; i++) {
      integers.bytes().put(i, (byte) Math.round(127 * uniform[i]));
    }
    return integers;
  }
}
