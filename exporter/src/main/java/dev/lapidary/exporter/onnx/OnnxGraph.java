package dev.lapidary.exporter.onnx;

import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An ONNX model that passes change: nodes in order of execution, initializers, inputs, outputs,
 * metadata. Values are names, each with one producer: a node, an input or an initializer.
 *
 * <p>Loops that change the graph go over {@link #snapshot()}. Not safe for use by several threads.
 */
public final class OnnxGraph {
  private final String name;
  private final int opset;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final SortedMap<String, String> metadata = new TreeMap<>();
  private final Map<String, ValueInfo> infos = new LinkedHashMap<>();

  private final Map<String, OnnxNode> byName = new LinkedHashMap<>();
  private final Map<String, OnnxNode> producers = new LinkedHashMap<>();
  private final Map<String, Set<String>> consumers = new LinkedHashMap<>();

  /**
   * @param opset version of {@code ai.onnx}
   */
  public OnnxGraph(String name, int opset) {
    this.name = name;
    this.opset = opset;
  }

  public String name() {
    return name;
  }

  public int opset() {
    return opset;
  }

  // Inputs, outputs, metadata

  public List<ValueInfo> inputs() {
    return Collections.unmodifiableList(inputs);
  }

  public List<ValueInfo> outputs() {
    return Collections.unmodifiableList(outputs);
  }

  public void addInput(ValueInfo input) {
    inputs.add(input);
    infos.put(input.name(), input);
  }

  public void addOutput(ValueInfo output) {
    outputs.add(output);
    infos.put(output.name(), output);
  }

  /** Replaces the declaration of an input of the same position; uses of its name stay. */
  public void setInput(int index, ValueInfo input) {
    inputs.set(index, input);
    infos.put(input.name(), input);
  }

  public boolean isInput(String value) {
    return inputs.stream().anyMatch(i -> i.name().equals(value));
  }

  public boolean isOutput(String value) {
    return outputs.stream().anyMatch(o -> o.name().equals(value));
  }

  /** Live: {@code metadata_props}, sorted. */
  public SortedMap<String, String> metadata() {
    return metadata;
  }

  /** Type and shape of a value, where the lowering knew them. */
  public Optional<ValueInfo> info(String value) {
    return Optional.ofNullable(infos.get(value));
  }

  public void describe(ValueInfo info) {
    infos.put(info.name(), info);
  }

  // Initializers

  /** Constants by name, in order of addition. */
  public Map<String, Tensor> initializers() {
    return Collections.unmodifiableMap(initializers);
  }

  public Optional<Tensor> initializer(String value) {
    return Optional.ofNullable(initializers.get(value));
  }

  /** Adds a constant under a fresh name like the hint, and returns the name. */
  public String addInitializer(String hint, Tensor tensor) {
    String fresh = fresh(hint);
    initializers.put(fresh, tensor);
    return fresh;
  }

  public void setInitializer(String value, Tensor tensor) {
    initializers.put(value, tensor);
  }

  public void removeInitializer(String value) {
    initializers.remove(value);
  }

  public void removeUnusedInitializers() {
    initializers.keySet().removeIf(value -> !isUsed(value));
  }

  // Nodes

  public List<OnnxNode> nodes() {
    return Collections.unmodifiableList(nodes);
  }

  /** A copy of the nodes' list, to loop over while the graph changes. */
  public List<OnnxNode> snapshot() {
    return List.copyOf(nodes);
  }

  /** True if this very node is still part of the graph. */
  public boolean contains(OnnxNode node) {
    return node.equals(byName.get(node.name()));
  }

  public OnnxNode add(OnnxNode node) {
    insert(nodes.size(), node);
    return node;
  }

  public void insertBefore(OnnxNode anchor, OnnxNode node) {
    insert(position(anchor), node);
  }

  public void insertAfter(OnnxNode anchor, OnnxNode node) {
    insert(position(anchor) + 1, node);
  }

  /** Puts other nodes at a node's place; together they must give all of its used outputs. */
  public void replace(OnnxNode node, OnnxNode... others) {
    int at = position(node);
    nodes.remove(at);
    unindex(node);
    for (OnnxNode other : others) {
      insert(at++, other);
    }
  }

  /** The outputs must not be used any more. */
  public void remove(OnnxNode node) {
    replace(node);
  }

  /** The node that computes a value; empty for inputs and initializers. */
  public Optional<OnnxNode> producer(String value) {
    return Optional.ofNullable(producers.get(value));
  }

  /** The same, if it is of that operator. */
  public Optional<OnnxNode> producer(String value, String op) {
    return producer(value).filter(node -> node.is(op));
  }

  /** The nodes that read a value, in order of addition; one that reads it twice counts once. */
  public List<OnnxNode> consumers(String value) {
    return consumers.getOrDefault(value, Set.of()).stream().map(this::node).toList();
  }

  /** The node that reads a value, if it is the only reader and the value is no output. */
  public Optional<OnnxNode> soleConsumer(String value) {
    List<OnnxNode> all = consumers(value);
    return all.size() == 1 && !isOutput(value) ? Optional.of(all.get(0)) : Optional.empty();
  }

  public boolean isUsed(String value) {
    return isOutput(value) || !consumers.getOrDefault(value, Set.of()).isEmpty();
  }

  /** Lets all readers of a value read another one; outputs of the graph keep their names. */
  public void replaceUses(String value, String by) {
    for (OnnxNode reader : consumers(value)) {
      replace(reader, reader.withInputs(renamed(reader.inputs(), value, by)));
    }
  }

  /**
   * Takes a node out whose first output equals one of its inputs. Returns false, nothing changed,
   * if it must stay: it stands between an input or a constant and an output of the graph.
   */
  public boolean bypass(OnnxNode node, String input) {
    String output = node.output();
    if (!isOutput(output)) {
      remove(node);
      replaceUses(output, input);
      return true;
    }
    Optional<OnnxNode> source = producer(input);
    if (source.isEmpty() || isOutput(input)) {
      return false;
    }
    remove(node);
    OnnxNode renamed = source.get().withOutputs(renamed(source.get().outputs(), input, output));
    replace(source.get(), renamed);
    replaceUses(input, output);
    return true;
  }

  /** All but constants, in order of execution. */
  public Set<String> values() {
    Set<String> values = new LinkedHashSet<>();
    inputs.forEach(input -> values.add(input.name()));
    nodes.forEach(node -> values.addAll(node.outputs()));
    return values;
  }

  /** The hint if it is free, else the hint with a number: for values and nodes alike. */
  public String fresh(String hint) {
    String candidate = hint;
    for (int i = 1; isTaken(candidate); i++) {
      candidate = hint + "_" + i;
    }
    return candidate;
  }

  /** Its name, inputs and metadata, for nodes that are written anew; {@link #complete} ends it. */
  public OnnxGraph frame() {
    OnnxGraph frame = new OnnxGraph(name, opset);
    inputs.forEach(frame::addInput);
    frame.metadata.putAll(metadata);
    return frame;
  }

  /** Adds another graph's outputs, and of its constants those that the nodes here read. */
  public OnnxGraph complete(OnnxGraph other) {
    other.outputs.forEach(this::addOutput);
    other.initializers.forEach(
        (value, tensor) -> {
          if (isUsed(value)) {
            setInitializer(value, tensor);
          }
        });
    return this;
  }

  /** An independent graph; tensors are shared. */
  public OnnxGraph copy() {
    OnnxGraph copy = frame();
    outputs.forEach(copy::addOutput);
    copy.infos.putAll(infos);
    copy.initializers.putAll(initializers);
    nodes.forEach(copy::add);
    return copy;
  }

  private boolean isTaken(String candidate) {
    return byName.containsKey(candidate)
        || producers.containsKey(candidate)
        || initializers.containsKey(candidate)
        || infos.containsKey(candidate);
  }

  private OnnxNode node(String nodeName) {
    OnnxNode node = byName.get(nodeName);
    if (node == null) {
      throw new IllegalArgumentException("no node " + nodeName);
    }
    return node;
  }

  private int position(OnnxNode node) {
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).name().equals(node.name())) {
        return i;
      }
    }
    throw new IllegalArgumentException(node + " is not in the graph");
  }

  private void insert(int at, OnnxNode node) {
    nodes.add(at, node);
    if (byName.putIfAbsent(node.name(), node) != null) {
      throw new IllegalArgumentException("two nodes are called " + node.name());
    }
    for (String output : node.outputs()) {
      if (!output.isEmpty() && producers.put(output, node) != null) {
        throw new IllegalArgumentException("two nodes give " + output);
      }
    }
    for (String input : node.inputs()) {
      if (!input.isEmpty()) {
        consumers.computeIfAbsent(input, key -> new LinkedHashSet<>()).add(node.name());
      }
    }
  }

  private void unindex(OnnxNode node) {
    byName.remove(node.name());
    node.outputs().forEach(producers::remove);
    node.inputs()
        .forEach(input -> consumers.getOrDefault(input, new HashSet<>()).remove(node.name()));
  }

  private static List<String> renamed(List<String> names, String from, String to) {
    return names.stream().map(n -> n.equals(from) ? to : n).toList();
  }
}
