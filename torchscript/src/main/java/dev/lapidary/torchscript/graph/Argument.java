package dev.lapidary.torchscript.graph;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What a node's parameter can be bound to. */
public sealed interface Argument {

  /** Itself; of a list what is in it. */
  default Stream<Argument> flat() {
    return Stream.of(this);
  }

  /** The same with another tensor for each that the program computes. */
  default Argument with(UnaryOperator<Value> values) {
    return this;
  }

  /**
   * A tensor that the program computes: a graph's input or a node's output.
   *
   * @param id unique in its graph
   * @param name for people: {@code input}, {@code conv2d_3}
   */
  record Value(int id, String name, DType dtype, List<SymInt> shape) implements Argument {
    public Value {
      shape = List.copyOf(shape);
    }

    public int rank() {
      return shape.size();
    }

    @Override
    public Argument with(UnaryOperator<Value> values) {
      return values.apply(this);
    }
  }

  /**
   * A tensor that is known: a parameter, a buffer, or what the tracer computed from them.
   *
   * @param name the state_dict name ({@code layer1.0.conv1.weight}) or {@code constant_N}
   */
  record Constant(String name, Tensor tensor) implements Argument {

    /** Whether no module holds it: what the program computed, or a constant of its code. */
    public boolean isNameless() {
      return name.matches("constant_[0-9]+");
    }
  }

  record Int(SymInt value) implements Argument {}

  record Real(double value) implements Argument {}

  record Bool(boolean value) implements Argument {}

  record Str(String value) implements Argument {}

  /** Python's {@code None}: an optional parameter that is not given. */
  enum None implements Argument {
    NONE
  }

  /** {@code int[]}, {@code Tensor[]} and the like. */
  record ListOf(List<Argument> items) implements Argument {
    public ListOf {
      items = List.copyOf(items);
    }

    @Override
    public Stream<Argument> flat() {
      return items.stream().flatMap(Argument::flat);
    }

    @Override
    public Argument with(UnaryOperator<Value> values) {
      return new ListOf(items.stream().map(item -> item.with(values)).toList());
    }
  }
}
