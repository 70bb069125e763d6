package dev.lapidary.exporter.pass;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxTypes;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Nodes put into a graph one after the other, before one that it has or at its end. */
record Nodes(OnnxGraph graph, Optional<OnnxNode> before, String scope) {
  /** Returns the node's one output. */
  String add(String op, String... inputs) {
    return add(op, Map.of(), inputs);
  }

  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    String name = graph.fresh(scope + op);
    addAs(name, op, attributes, inputs);
    return name;
  }

  /** The same with an output of a name that is free. */
  void addAs(String name, String op, Map<String, Attribute> attributes, String... inputs) {
    OnnxNode node = new OnnxNode(name, op, List.of(inputs), List.of(name), attributes);
    if (before.isPresent()) {
      graph.insertBefore(before.get(), node);
    } else {
      graph.add(node);
    }
  }

  String cast(DType type, String value) {
    return add("Cast", to(type), value);
  }

  /** What a Cast casts to. */
  static Map<String, Attribute> to(DType type) {
    return Map.of("to", Attribute.of((long) OnnxTypes.number(type)));
  }

  /** The initializer of that name, made once. */
  String constant(String name, Tensor value) {
    graph.setInitializer(scope + name, value);
    return scope + name;
  }

  String integers(String name, long... values) {
    return constant(name, Tensor.of(values, values.length));
  }
}
