package dev.lapidary.models.zoo;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A module as {@code torch.nn.Module} is one: parameters, buffers and submodules in the order of
 * their registration, and methods. It holds no tensors yet, so that a network can be listed and
 * counted without memory for its weights.
 */
final class Module implements Layer {
  /** One parameter or buffer; never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  record Slot(boolean parameter, DType dtype, Init init, long... shape) {
    /** Under that name and seed. */
    Tensor drawn(String name, long seed) {
      return init.tensor(seed, name, shape);
    }

    /** One zero, seen in the whole shape. */
    Tensor blank() {
      return new Tensor(dtype, shape, new long[shape.length], Storage.allocate(dtype.bytes()), 0);
    }
  }

  /** Writes a method's lines for an input {@code x} and gives what it returns. */
  @FunctionalInterface
  interface Body {
    Value write(Forward forward, Value x);
  }

  /**
   * @param returns the method's type in the text
   */
  record Method(String name, String returns, Body body) {}

  static final String FORWARD = "forward";

  private final String type;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();
  private final Map<String, Method> methods = new LinkedHashMap<>();

  /**
   * @param type the class's name in the text; modules of one type and the same text share a class
   */
  Module(String type) {
    this.type = type;
  }

  Module parameter(String name, Init init, long... shape) {
    slots.put(name, new Slot(true, DType.FLOAT32, init, shape));
    return this;
  }

  Module buffer(String name, DType dtype, Init init, long... shape) {
    slots.put(name, new Slot(false, dtype, init, shape));
    return this;
  }

  Module with(String name, Layer child) {
    if (children.putIfAbsent(name, child.module()) != null) {
      throw new IllegalStateException(type + " has two submodules " + name);
    }
    return this;
  }

  Module forward(Body body) {
    return method(FORWARD, "Tensor", body);
  }

  Module method(String name, String returns, Body body) {
    methods.put(name, new Method(name, returns, body));
    return this;
  }

  String type() {
    return type;
  }

  Map<String, Slot> slots() {
    return Collections.unmodifiableMap(slots);
  }

  Map<String, Module> children() {
    return Collections.unmodifiableMap(children);
  }

  Collection<Method> methods() {
    return methods.values();
  }

  Method methodNamed(String name) {
    return Objects.requireNonNull(methods.get(name), () -> type + " has no method " + name);
  }

  boolean has(String child) {
    return children.containsKey(child);
  }

  @Override
  public Module module() {
    return this;
  }
}
