package dev.lapidary.exporter.onnx;

import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One application of an operator of the default domain {@code ai.onnx}. Unchangeable: a pass
 * replaces a node by another one.
 *
 * @param name unique in its graph
 * @param inputs names of values; an empty name is an optional input that is not given
 * @param attributes sorted by name, so that equal graphs are equal bytes
 * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html">ONNX IR, NodeProto</a>
 */
public record OnnxNode(
    String name,
    String op,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes) {

  public OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
  }

  public boolean is(String... operators) {
    return List.of(operators).contains(op);
  }

  /** Whether it is a Gemm that neither scales its product nor turns its input. */
  public boolean isPlainGemm() {
    return is("Gemm")
        && intOr("transA", 0) == 0
        && realOr("alpha", 1) == 1
        && realOr("beta", 1) == 1;
  }

  /** The input's name; empty if it is not given. */
  public String input(int index) {
    return index < inputs.size() ? inputs.get(index) : "";
  }

  public boolean hasInput(int index) {
    return !input(index).isEmpty();
  }

  /** The first output. */
  public String output() {
    return outputs.get(0);
  }

  public Optional<Attribute> attribute(String key) {
    return Optional.ofNullable(attributes.get(key));
  }

  public long intOr(String key, long otherwise) {
    return attributes.get(key) instanceof Attribute.Int a ? a.value() : otherwise;
  }

  public float realOr(String key, float otherwise) {
    return attributes.get(key) instanceof Attribute.Real a ? a.value() : otherwise;
  }

  public String textOr(String key, String otherwise) {
    return attributes.get(key) instanceof Attribute.Text a ? a.value() : otherwise;
  }

  public long[] intsOr(String key, long... otherwise) {
    return attributes.get(key) instanceof Attribute.Ints a ? a.toArray() : otherwise;
  }

  public Optional<Tensor> tensor(String key) {
    return attributes.get(key) instanceof Attribute.Constant a
        ? Optional.of(a.value())
        : Optional.empty();
  }

  /** The same node with another input; missing ones before it become "not given". */
  public OnnxNode withInput(int index, String value) {
    List<String> changed = new ArrayList<>(inputs);
    while (changed.size() <= index) {
      changed.add("");
    }
    changed.set(index, value);
    return withInputs(changed);
  }

  public OnnxNode withInputs(List<String> all) {
    return new OnnxNode(name, op, all, outputs, attributes);
  }

  public OnnxNode withOutputs(List<String> all) {
    return new OnnxNode(name, op, inputs, all, attributes);
  }

  public OnnxNode withAttribute(String key, Attribute value) {
    Map<String, Attribute> changed = new HashMap<>(attributes);
    changed.put(key, value);
    return new OnnxNode(name, op, inputs, outputs, changed);
  }

  @Override
  public String toString() {
    return String.join(", ", outputs) + " = " + op + inputs + attributes;
  }
}
