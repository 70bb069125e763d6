package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What has been computed, as floats and as integers; one is made of the other where it is asked
 * for. Values go by their names in the ONNX graph, and by their numbers in the trace where the
 * graph has none of them.
 */
final class Forms {
  private final QdqGraph qdq;
  private final NodeList nodes;
  private final Map<String, Value> reals = new HashMap<>();
  private final Map<Integer, Value> tracedReals = new HashMap<>();
  private final Map<String, Integers> integers = new HashMap<>();
  private final Map<Integer, Integers> tracedIntegers = new HashMap<>();
  private final Map<Integer, Value> dequantized = new HashMap<>();

  /** Bytes, and what they mean. */
  record Integers(Value value, QuantizationParameters quantization) {}

  Forms(QdqGraph qdq, NodeList nodes) {
    this.qdq = qdq;
    this.nodes = nodes;
  }

  NodeList nodes() {
    return nodes;
  }

  /** A value of the graph that was computed in floats. */
  void put(String name, Value real) {
    reals.putIfAbsent(name, real);
  }

  /** A value of the trace that was computed in floats. */
  void put(int id, Value real) {
    tracedReals.put(id, real);
  }

  /** What is behind a QuantizeLinear. */
  void put(String quantized, Integers bytes) {
    integers.put(quantized, bytes);
  }

  /** A value of the trace as bytes, which the graph may round too. */
  void put(int id, String name, Integers bytes) {
    tracedIntegers.put(id, bytes);
    qdq.rounding(name).ifPresent(quantize -> put(quantize.output(), bytes));
  }

  /** Whether a value of the graph has been computed. */
  boolean has(String name) {
    return reals.containsKey(name)
        || qdq.rounding(name).filter(q -> integers.containsKey(q.output())).isPresent()
        || qdq.dequantized(name).filter(dq -> integers.containsKey(dq.input(0))).isPresent();
  }

  /** A traced value as bytes, if the graph rounds it for whoever reads it. */
  Optional<Integers> integers(int id, String name) {
    Integers moved = tracedIntegers.get(id);
    if (moved != null) {
      return Optional.of(moved);
    }
    boolean known = reals.containsKey(name) || has(name);
    return known ? qdq.rounding(name).map(this::rounded) : Optional.empty();
  }

  /** A value of the graph, which DequantizeLinear gives, as bytes. */
  Optional<Integers> integers(String name) {
    return qdq.dequantized(name)
        .map(dq -> qdq.gated(dq).map(x -> gate(dq, x)).orElseGet(() -> behind(dq.input(0))));
  }

  private Integers behind(String quantized) {
    return rounded(qdq.onnx().producer(quantized).orElseThrow());
  }

  private Integers rounded(OnnxNode quantize) {
    return once(quantize, () -> real(quantize.input(0)));
  }

  /** HardSigmoid on the grid of its own that {@link QdqGraph#gated} tells of. */
  private Integers gate(OnnxNode dequantize, String x) {
    return once(dequantize, () -> nodes.real("aten::hardsigmoid", real(x)));
  }

  /** On the grid of a node, kept by the name of what it gives. */
  private Integers once(OnnxNode node, Supplier<Argument> real) {
    Integers bytes = integers.get(node.output());
    if (bytes == null) {
      bytes = quantized(real.get(), qdq.quantization(node));
      integers.put(node.output(), bytes);
    }
    return bytes;
  }

  /** Rounded to a grid. */
  Integers quantized(Argument real, QuantizationParameters quantization) {
    return new Integers(
        nodes.integers(
            "aten::quantize_per_tensor",
            real,
            new Argument.Real(quantization.scale()),
            integer(quantization.zeroPoint()),
            integer(DType.QUINT8.scalarType())),
        quantization);
  }

  static Argument integer(long value) {
    return new Argument.Int(SymInt.of(value));
  }

  /** A traced value in floats, rounded if the graph rounds it for whoever reads it. */
  Value real(int id, String name) {
    Optional<Integers> bytes = integers(id, name).or(() -> integers(name));
    if (bytes.isPresent()) {
      return dequantized(bytes.get());
    }
    Value own = reals.getOrDefault(name, tracedReals.get(id));
    if (own == null) {
      throw new IllegalStateException(name + " (" + id + ") is read before it is computed");
    }
    return own;
  }

  /** A value of the graph in floats, or a constant of it. */
  Argument real(String name) {
    Optional<Tensor> constant = qdq.onnx().initializer(name);
    if (constant.isPresent()) {
      return new Constant(name, constant.get());
    }
    Value own = reals.get(name);
    if (own != null) {
      return own;
    }
    return integers(name)
        .map(this::dequantized)
        .orElseThrow(() -> new IllegalStateException(name + " is read before it is computed"));
  }

  /** What DequantizeLinear gives, before it was rounded, if it was ever computed so. */
  Argument unrounded(String name) {
    Value own = reals.get(qdq.unrounded(name));
    return own == null ? real(name) : own;
  }

  private Value dequantized(Integers bytes) {
    return dequantized.computeIfAbsent(
        bytes.value().id(), unused -> nodes.real("aten::dequantize", bytes.value()));
  }
}
