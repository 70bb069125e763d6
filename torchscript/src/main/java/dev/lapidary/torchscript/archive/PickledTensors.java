package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Float8;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyFloat;
import dev.lapidary.torchscript.archive.PyValue.PyGlobal;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyStorage;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Tensors out of the arguments of {@code torch._utils._rebuild_*}. Spec: {@code torch/_utils.py}.
 */
final class PickledTensors {
  /** Quantizations that are read. */
  static final Set<String> SCHEMES = Set.of("per_tensor_affine", "per_channel_affine");

  private static final int HIGHEST_RANK = 64;
  private static final long OVERLAPPED_BYTES = 16 << 20;
  private static final long DECODED_ANYWAY = 1 << 20;

  private final PickleLexer lexer;
  private long overlappedBytes;
  private final Set<Storage> decoded = Collections.newSetFromMap(new IdentityHashMap<>());
  private long decodedBudget = DECODED_ANYWAY;

  PickledTensors(PickleLexer lexer) {
    this.lexer = lexer;
  }

  /** {@code (storage, offset, size, stride[, requires_grad, hooks[, metadata]])}. */
  PyTensor rebuild(List<PyValue> arguments) {
    boolean requiresGrad =
        arguments.size() > 4 && arguments.get(4) instanceof PyBool required && required.value();
    return new PyTensor(view(arguments), requiresGrad);
  }

  /**
   * The same of 8-bit floats, as float32: a copy, and so of no more numbers than there are bytes
   * and a few more.
   */
  PyTensor rebuildFloat8(Float8 type, Storage bytes, List<PyValue> arguments) {
    List<PyValue> raw = new ArrayList<>(arguments);
    raw.set(0, new PyStorage(DType.UINT8, bytes));
    Tensor view = view(raw);
    if (decoded.add(bytes)) {
      decodedBudget += bytes.size();
    }
    decodedBudget -= view.numel();
    if (decodedBudget < 0) {
      throw lexer.refuse("8-bit tensors that show the same bytes again and again");
    }
    boolean requiresGrad = arguments.get(4) instanceof PyBool required && required.value();
    return new PyTensor(type.decoded(view), requiresGrad);
  }

  /** {@code (storage, offset, size, stride, quantizer, requires_grad, hooks)}. */
  PyQTensor rebuildQuantized(List<PyValue> arguments) {
    Tensor integers = view(arguments);
    if (arguments.get(4) instanceof PyTuple tuple
        && !tuple.items().isEmpty()
        && tuple.items().get(0) instanceof PyGlobal scheme) {
      List<PyValue> parts = tuple.items();
      if (parts.size() == 3
          && scheme.name().equals("per_tensor_affine")
          && parts.get(1) instanceof PyFloat scale
          && parts.get(2) instanceof PyInt zeroPoint) {
        return new PyQTensor(integers, new Quantizer.PerTensor(scale.value(), zeroPoint.value()));
      }
      if (parts.size() == 4
          && scheme.name().equals("per_channel_affine")
          && parts.get(1) instanceof PyTensor scales
          && parts.get(2) instanceof PyTensor zeroPoints
          && parts.get(3) instanceof PyInt axis
          && axis.value() >= 0
          && axis.value() < integers.rank()) {
        return perChannel(
            integers, scales.tensor(), zeroPoints.tensor(), Math.toIntExact(axis.value()));
      }
    }
    throw lexer.refuse(
        "a quantized tensor whose quantizer is neither (per_tensor_affine, scale, zero point) nor"
            + " (per_channel_affine, scales, zero points, axis)");
  }

  private PyQTensor perChannel(Tensor integers, Tensor scales, Tensor zeroPoints, int axis) {
    long channels = integers.size(axis);
    if (scales.numel() != channels || zeroPoints.numel() != channels) {
      throw lexer.refuse(
          "%d scales and %d zero points for %d channels",
          scales.numel(), zeroPoints.numel(), channels);
    }
    return new PyQTensor(integers, new Quantizer.PerChannel(scales, zeroPoints, axis));
  }

  private Tensor view(List<PyValue> arguments) {
    if (!(arguments.get(0) instanceof PyStorage storage)
        || !(arguments.get(1) instanceof PyInt offset)) {
      throw lexer.refuse("a tensor of %s, expected a storage", PyTree.kind(arguments.get(0)));
    }
    long[] shape = longs(arguments.get(2));
    long[] strides = longs(arguments.get(3));
    try {
      Tensor tensor =
          new Tensor(storage.dtype(), shape, strides, storage.storage(), offset.value());
      requireLittleOverlap(tensor);
      return tensor;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw lexer.refuse("%s; the file is damaged", String.valueOf(e.getMessage()));
    }
  }

  /** A stride of 0 makes any number of elements out of one; whoever copies it pays for all. */
  private void requireLittleOverlap(Tensor tensor) {
    long bytes = Math.multiplyExact(tensor.numel(), tensor.dtype().bytes());
    overlappedBytes = Math.addExact(overlappedBytes, Math.max(0, bytes - tensor.storage().size()));
    if (overlappedBytes > OVERLAPPED_BYTES) {
      throw lexer.refuse(
          "tensors of overlapping elements, such as %s, expand to more than %d bytes",
          tensor, OVERLAPPED_BYTES);
    }
  }

  private long[] longs(PyValue value) {
    if (!(value instanceof PyTuple tuple) || tuple.items().size() > HIGHEST_RANK) {
      throw lexer.refuse("sizes that are no tuple of at most %d integers", HIGHEST_RANK);
    }
    return tuple.items().stream().mapToLong(this::number).toArray();
  }

  private long number(PyValue value) {
    if (value instanceof PyInt number) {
      return number.value();
    }
    throw lexer.refuse("%s, expected an integer", PyTree.kind(value));
  }
}
