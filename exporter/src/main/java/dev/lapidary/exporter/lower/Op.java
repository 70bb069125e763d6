package dev.lapidary.exporter.lower;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxTypes;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Bool;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Int;
import dev.lapidary.torchscript.graph.Argument.ListOf;
import dev.lapidary.torchscript.graph.Argument.None;
import dev.lapidary.torchscript.graph.Argument.Real;
import dev.lapidary.torchscript.graph.Argument.Str;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * One application of an operator while it is lowered: its arguments by the schema's names, its
 * output as traced, and the graph to emit into.
 */
record Op(Node node, Emitter emitter, String source) {
  int opset() {
    return emitter.opset();
  }

  Value output() {
    return node.output();
  }

  List<Value> outputs() {
    return node.outputs();
  }

  /** Exit 4: the operator is known, this use of it is not. */
  Failure unsupported(String what) {
    return Failure.unsupported("[%s] %s: %s %s", source, node.location(), node.operator(), what);
  }

  // Arguments

  Argument argument(String parameter) {
    return node.argument(parameter);
  }

  boolean has(String parameter) {
    return node.schema().parameters().stream().anyMatch(p -> p.name().equals(parameter));
  }

  /** True if the schema has the parameter and it is not None. */
  boolean given(String parameter) {
    return has(parameter) && !(node.argument(parameter) instanceof None);
  }

  boolean isTensor(String parameter) {
    Argument argument = node.argument(parameter);
    return argument instanceof Value || argument instanceof Constant;
  }

  /** The ONNX name of a tensor argument. */
  String tensor(String parameter) {
    return name(node.argument(parameter), parameter);
  }

  /** The same, or the empty name if it is not given. */
  String optionalTensor(String parameter) {
    return given(parameter) ? tensor(parameter) : "";
  }

  List<String> tensors(String parameter) {
    return items(parameter).stream().map(item -> name(item, parameter)).toList();
  }

  List<Argument> items(String parameter) {
    if (node.argument(parameter) instanceof ListOf list) {
      return list.items();
    }
    throw unsupported("wants a list for " + parameter);
  }

  Optional<Tensor> constant(String parameter) {
    return given(parameter) && node.argument(parameter) instanceof Constant c
        ? Optional.of(c.tensor())
        : Optional.empty();
  }

  List<SymInt> shape(String parameter) {
    return shape(node.argument(parameter));
  }

  List<SymInt> shape(Argument argument) {
    if (argument instanceof Value value) {
      return value.shape();
    }
    if (argument instanceof Constant constant) {
      return Arrays.stream(constant.tensor().shape()).mapToObj(SymInt::of).toList();
    }
    throw unsupported("wants a tensor but has " + argument);
  }

  int rank(String parameter) {
    return shape(parameter).size();
  }

  DType dtype(String parameter) {
    return dtype(node.argument(parameter));
  }

  DType dtype(Argument argument) {
    return argument instanceof Constant c ? c.tensor().dtype() : ((Value) argument).dtype();
  }

  boolean bool(String parameter) {
    return node.argument(parameter) instanceof Bool b ? b.value() : integer(parameter) != 0;
  }

  String text(String parameter) {
    if (node.argument(parameter) instanceof Str s) {
      return s.value();
    }
    throw unsupported("wants a text for " + parameter);
  }

  long integer(String parameter) {
    return integer(node.argument(parameter), parameter);
  }

  double real(String parameter) {
    return real(node.argument(parameter), parameter);
  }

  double realOr(String parameter, double otherwise) {
    return given(parameter) ? real(parameter) : otherwise;
  }

  /** A dimension counted from 0; {@code dim=-1} is the last of {@code rank}. */
  int axis(String parameter, int rank) {
    return axis(integer(parameter), rank);
  }

  static int axis(long dim, int rank) {
    return (int) (dim < 0 ? dim + rank : dim);
  }

  /** {@code int[]}: the constants of a list; a single number is a list of one. */
  long[] integers(String parameter) {
    Argument argument = node.argument(parameter);
    if (argument instanceof ListOf list) {
      return list.items().stream().mapToLong(i -> integer(i, parameter)).toArray();
    }
    return new long[] {integer(argument, parameter)};
  }

  /** {@code int[count]}: one number stands for all. */
  long[] integers(String parameter, int count) {
    long[] values = integers(parameter);
    return values.length == count
        ? values
        : LongStream.generate(() -> values[0]).limit(count).toArray();
  }

  String name(Argument argument, String parameter) {
    if (argument instanceof Value value) {
      return emitter.name(value);
    }
    if (argument instanceof Constant constant) {
      return emitter.constant(constant.name(), constant.tensor());
    }
    throw unsupported("wants a tensor for %s but has %s".formatted(parameter, argument));
  }

  private long integer(Argument argument, String parameter) {
    if (argument instanceof Int i && !i.value().perBatch()) {
      return i.value().factor();
    }
    if (argument instanceof Bool b) {
      return b.value() ? 1 : 0;
    }
    if (argument instanceof Constant c && c.tensor().numel() == 1) {
      return c.tensor().toLongs()[0];
    }
    throw unsupported("wants a constant integer for %s but has %s".formatted(parameter, argument));
  }

  double real(Argument argument, String parameter) {
    if (argument instanceof Real r) {
      return r.value();
    }
    if (argument instanceof Constant c && c.tensor().numel() == 1) {
      return c.tensor().toDoubles()[0];
    }
    return integer(argument, parameter);
  }

  // Emission

  /** The one attribute of many operators. */
  static Map<String, Attribute> axis(long axis) {
    return Map.of("axis", Attribute.of(axis));
  }

  String emit(String op, String... inputs) {
    return emit(op, Map.of(), inputs);
  }

  String emit(String op, Map<String, Attribute> attributes, String... inputs) {
    return emit(op, attributes, List.of(inputs));
  }

  String emit(String op, Map<String, Attribute> attributes, List<String> inputs) {
    return several(op, 1, attributes, inputs).get(0);
  }

  /** Empty names at the end are inputs that are not given. */
  List<String> several(
      String op, int outputs, Map<String, Attribute> attributes, List<String> inputs) {
    int given = inputs.size();
    while (given > 0 && inputs.get(given - 1).isEmpty()) {
      given--;
    }
    return emitter.emit(node.scope(), op, outputs, attributes, inputs.subList(0, given));
  }

  /** One behind the other; one part alone is the whole. */
  String concat(long axis, List<String> parts) {
    return parts.size() == 1 ? parts.get(0) : emit("Concat", axis(axis), parts);
  }

  /** An initializer. */
  String constant(String hint, Tensor tensor) {
    return emitter.constant(hint, tensor);
  }

  /** An INT64 vector. */
  String ints(long... values) {
    return emitter.integers(values);
  }

  /** A tensor of rank 0; equal ones are one initializer. */
  String scalar(double value, DType dtype) {
    return emitter.scalar(value, dtype);
  }

  /** A number argument as a tensor of rank 0. */
  String scalar(String parameter, DType dtype) {
    return scalar(real(parameter), dtype);
  }

  String cast(String value, DType from, DType to) {
    return from == to
        ? value
        : emit("Cast", Map.of("to", Attribute.of((long) OnnxTypes.number(to))), value);
  }

  /** A tensor argument, or a number as a tensor of rank 0, in a type. */
  String operand(String parameter, DType dtype) {
    return isTensor(parameter)
        ? cast(tensor(parameter), dtype(parameter), dtype)
        : scalar(parameter, dtype);
  }

  /** A shape as an INT64 vector: a constant, or computed if it depends on the batch. */
  String shapeVector(List<SymInt> shape) {
    if (shape.stream().noneMatch(SymInt::perBatch)) {
      return ints(shape.stream().mapToLong(SymInt::constant).toArray());
    }
    List<String> parts = new ArrayList<>();
    for (SymInt dim : shape) {
      if (!dim.perBatch()) {
        parts.add(ints(dim.factor()));
      } else if (dim.factor() == 1) {
        parts.add(emitter.batch());
      } else {
        parts.add(emit("Mul", emitter.batch(), ints(dim.factor())));
      }
    }
    return concat(0, parts);
  }

  /**
   * Reshape, or nothing if the shape is the same; at once of a constant. The batch stays dynamic.
   */
  String reshape(String value, List<SymInt> from, List<SymInt> to) {
    if (from.equals(to)) {
      return value;
    }
    Optional<Tensor> known = emitter.known(value);
    if (known.isPresent() && to.stream().noneMatch(SymInt::perBatch)) {
      return constant(value + "/Reshape", Constants.reshaped(known.get(), to));
    }
    boolean keepsBatch = !from.isEmpty() && !to.isEmpty() && from.get(0).equals(to.get(0));
    if (keepsBatch && to.size() == 2) {
      return emit("Flatten", axis(1), value);
    }
    long dynamic =
        IntStream.range(keepsBatch ? 1 : 0, to.size()).filter(i -> to.get(i).perBatch()).count();
    if (dynamic > 1) {
      return emit("Reshape", value, shapeVector(to));
    }
    long[] sizes = new long[to.size()];
    for (int i = 0; i < sizes.length; i++) {
      SymInt dim = to.get(i);
      sizes[i] = !dim.perBatch() ? dim.factor() : i == 0 && keepsBatch ? 0 : -1;
    }
    return emit("Reshape", value, ints(sizes));
  }

  /** Transpose, or nothing if the order is the same; at once of a constant. */
  String transpose(String value, int... permutation) {
    if (IntStream.range(0, permutation.length).allMatch(i -> permutation[i] == i)) {
      return value;
    }
    Optional<Tensor> known = emitter.known(value);
    if (known.isPresent()) {
      return constant(value + "/Transpose", known.get().permuted(permutation));
    }
    long[] perm = Arrays.stream(permutation).asLongStream().toArray();
    return emit("Transpose", Map.of("perm", Attribute.of(perm)), value);
  }

  /** A reduction over axes, which are an attribute or an input depending on the opset. */
  String reduce(String op, String value, boolean keepDims, long... axes) {
    Attribute keep = Attribute.of(keepDims ? 1L : 0L);
    if (opset() >= 18 || op.equals("ReduceSum")) {
      return emit(op, Map.of("keepdims", keep), value, ints(axes));
    }
    return emit(op, Map.of("keepdims", keep, "axes", Attribute.of(axes)), value);
  }

  /** Slice of one axis; negative bounds count from the end. */
  String slice(String value, long axis, long start, long end, long step) {
    return emit("Slice", value, ints(start), ints(end), ints(axis), ints(step));
  }
}
