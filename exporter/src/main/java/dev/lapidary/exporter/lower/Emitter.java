package dev.lapidary.exporter.lower;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.Argument.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Adds nodes and constants to the ONNX graph and knows which name each traced value has there. */
final class Emitter {
  private final OnnxGraph onnx;
  private final String input;
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<Integer, Failure> missing = new HashMap<>();
  private final Map<Object, String> constants = new HashMap<>();
  private final Map<List<Long>, String> integers = new HashMap<>();
  private final Map<Scalar, String> scalars = new HashMap<>();
  private final Map<String, String> origins = new HashMap<>();
  private Optional<String> batch = Optional.empty();
  private String origin = "";

  private record Scalar(double value, DType dtype) {}

  /**
   * @param input the images' name, whose first size is the batch
   */
  Emitter(OnnxGraph onnx, String input) {
    this.onnx = onnx;
    this.input = input;
  }

  /** Says what the next nodes are of. */
  void at(String next) {
    origin = next;
  }

  /** For each node's name, what it is of. */
  Map<String, String> origins() {
    return Map.copyOf(origins);
  }

  /** For each traced value's number, its name. */
  Map<Integer, String> values() {
    return Map.copyOf(names);
  }

  int opset() {
    return onnx.opset();
  }

  void bind(Value value, String name) {
    names.put(value.id(), name);
    if (onnx.info(name).isEmpty()) {
      boolean quantized = value.dtype() == DType.QINT8 || value.dtype() == DType.QUINT8;
      DType dtype = quantized ? DType.FLOAT32 : value.dtype(); // named by what its integers mean
      onnx.describe(ValueInfo.of(name, dtype, value.shape()));
    }
  }

  /** Says why a value has no name. */
  void leaveOut(Value value, Failure reason) {
    missing.put(value.id(), reason);
  }

  String name(Value value) {
    Failure reason = missing.get(value.id());
    if (reason != null) {
      throw reason;
    }
    return Objects.requireNonNull(names.get(value.id()), value.name());
  }

  /** An initializer; tensors that are one in PyTorch become one. */
  String constant(String hint, Tensor tensor) {
    return constants.computeIfAbsent(tensor.identity(), key -> onnx.addInitializer(hint, tensor));
  }

  /** What a value is, if it is an initializer. */
  Optional<Tensor> known(String value) {
    return onnx.initializer(value);
  }

  /** An INT64 vector; equal ones are one initializer. */
  String integers(long... values) {
    List<Long> key = Arrays.stream(values).boxed().toList();
    String hint = "ints_" + String.join("_", key.stream().map(String::valueOf).toList());
    return integers.computeIfAbsent(
        key, k -> onnx.addInitializer(hint, Tensor.of(values, values.length)));
  }

  /** A tensor of rank 0; equal ones are one initializer. */
  String scalar(double value, DType dtype) {
    return scalars.computeIfAbsent(
        new Scalar(value, dtype),
        key -> onnx.addInitializer("scalar", Constants.full(value, dtype)));
  }

  List<String> emit(
      String scope, String op, int outputs, Map<String, Attribute> attributes, List<String> in) {
    String name = onnx.fresh(scope.isEmpty() ? op : scope + "/" + op);
    List<String> out = new ArrayList<>(List.of(name));
    for (int i = 1; i < outputs; i++) {
      out.add(onnx.fresh(name + "." + i));
    }
    onnx.add(new OnnxNode(name, op, in, out, attributes));
    origins.put(name, origin);
    return out;
  }

  /** The batch size as an INT64 vector of length 1, computed once. */
  String batch() {
    if (batch.isEmpty()) {
      String shape = emit("batch", "Shape", 1, Map.of(), List.of(input)).get(0);
      List<String> slice = List.of(shape, integers(0), integers(1));
      batch = Optional.of(emit("batch", "Slice", 1, Map.of(), slice).get(0));
    }
    return batch.get();
  }
}
