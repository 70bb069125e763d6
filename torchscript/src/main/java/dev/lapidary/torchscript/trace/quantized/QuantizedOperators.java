package dev.lapidary.torchscript.trace.quantized;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Grid;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What {@code torch.ao.quantization} makes of a network, said in real numbers: each operator as the
 * one that it approximates, on what the integers mean, and its result put on its own {@link Grid}
 * by {@code quantize_per_tensor} and {@code dequantize}. Weights stay the integers that they are.
 *
 * <p>So PyTorch's documentation defines them ("reference quantized model"); its integer kernels
 * differ from that, and from each other, by how they round what lies between two integers.
 */
public final class QuantizedOperators {
  private QuantizedOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("quantize_per_tensor", QuantizedOperators::quantize);
    table.put("dequantize", call -> OnGrid.real(call.self()));
    table.put("_make_per_tensor_quantized_tensor", QuantizedOperators::whole);
    table.put("_make_per_channel_quantized_tensor", QuantizedOperators::byChannel);
    table.put("int_repr", QuantizedOperators::integers);
    table.put("q_scale", call -> new Datum.Real(call.self().requireGrid().scale()));
    table.put("q_zero_point", call -> Datum.number(call.self().requireGrid().zeroPoint()));
    for (String name : List.of("conv2d", "linear")) {
      Function<Invocation, Datum> layer =
          name.equals("linear") ? QuantizedOperators::linear : QuantizedOperators::convolution;
      put(table, name, call -> put(call, layer.apply(call), false));
      put(table, name + "_relu", call -> put(call, layer.apply(call), true));
    }
    for (boolean relu : List.of(false, true)) {
      String suffix = relu ? "_relu" : "";
      Operator sum = call -> QuantizedScalars.sum(call, relu);
      Operator product = call -> QuantizedScalars.product(call, relu);
      put(table, "add_scalar" + suffix, sum);
      put(table, "mul_scalar" + suffix, product);
      put(table, "add" + suffix, call -> call.has("b") ? sum.apply(call) : pair(call, "add", relu));
      put(
          table,
          "mul" + suffix,
          call -> call.has("b") ? product.apply(call) : pair(call, "mul", relu));
      put(table, "cat" + suffix, call -> concatenation(call, relu));
      for (String norm : List.of("batch_norm", "batch_norm1d", "batch_norm2d")) {
        put(table, norm + suffix, call -> put(call, normalized(call), relu));
      }
    }
    put(
        table,
        "layer_norm",
        call -> onGrid(call, activation(call, "normalized_shape", "weight", "bias", "eps")));
    put(
        table,
        "group_norm",
        call -> onGrid(call, activation(call, "num_groups", "weight", "bias", "eps")));
    put(table, "instance_norm", call -> onGrid(call, instanceNorm(call)));
    put(table, "matmul", call -> pair(call, "matmul", false));
    put(table, "softmax", call -> onGrid(call, activation(call, "dim")));
    put(table, "relu6", call -> call.call("relu6", quantized(call)));
    put(
        table,
        "clamp",
        call -> call.call("clamp", quantized(call), call.get("min"), call.get("max")));
    put(table, "hardswish", call -> onGrid(call, activation(call)));
    put(table, "sigmoid", call -> onGrid(call, activation(call)));
    put(table, "leaky_relu", call -> onGrid(call, activation(call, "negative_slope")));
    put(table, "elu", call -> onGrid(call, activation(call, "alpha", "scale", "input_scale")));
    put(table, "celu", call -> onGrid(call, activation(call, "alpha")));
    put(table, "dropout", QuantizedOperators::quantized);
  }

  private static void put(Map<String, Operator> table, String name, Operator operator) {
    table.put("quantized::" + name, operator);
  }

  private static Datum quantize(Invocation call) {
    double scale =
        call.get("scale") instanceof TensorRef s ? single(s, "scale") : call.real("scale");
    long zeroPoint =
        call.get("zero_point") instanceof TensorRef z
            ? (long) single(z, "zero_point")
            : call.integer("zero_point");
    DType dtype = Invocation.dtypeOf(call.integer("dtype"));
    if (call.grid().isPresent() || call.self().dtype() != DType.FLOAT32) {
      throw Refusal.wrong("%s of a tensor that is not of float32", call.operator());
    }
    return OnGrid.put(call, call.self(), Grid.of(scale, zeroPoint, dtype));
  }

  private static double single(TensorRef tensor, String parameter) {
    return Scalars.single(tensor.tensor(parameter + " of aten::quantize_per_tensor"));
  }

  /** {@code round(x / scale) + zero_point}, which is exact for what lies on the grid. */
  private static Datum integers(Invocation call) {
    Grid grid = call.self().requireGrid();
    DType plain = grid.dtype() == DType.QINT8 ? DType.INT8 : DType.UINT8;
    Datum steps = call.call("div", OnGrid.real(call.self()), new Datum.Real(grid.scale()));
    Datum shifted = call.call("add", call.call("round", steps), Datum.number(grid.zeroPoint()));
    return call.call("to", shifted, Datum.number(plain.scalarType()));
  }

  static double[] numbers(Invocation call, String parameter) {
    return call.get(parameter) instanceof TensorRef
        ? call.known(parameter).toDoubles()
        : new double[] {call.real(parameter)};
  }

  private static Datum onGrid(Invocation call, Datum real) {
    return put(call, real, false);
  }

  /** Rounding to a grid that starts at zero is a ReLU already. */
  private static Datum put(Invocation call, Datum real, boolean rectified) {
    Grid grid = resultGrid(call, call.self().requireGrid());
    boolean cut = rectified && !grid.startsAtZero();
    return OnGrid.put(call, (TensorRef) (cut ? call.call("relu", real) : real), grid);
  }

  /** As the call says it, the names of whose parameters differ, in the integers of its operand. */
  private static Grid resultGrid(Invocation call, Grid operand) {
    for (String name : List.of("output_", "", "Y_")) {
      String suffix = name.equals("Y_") ? "_i" : "";
      if (call.has(name + "scale" + suffix)) {
        return Grid.of(
            call.real(name + "scale" + suffix),
            call.integer(name + "zero_point" + suffix),
            operand.dtype());
      }
    }
    throw Refusal.unsupported("%s without a scale of its result", call.operator());
  }

  private static TensorRef quantized(Invocation call) {
    call.self().requireGrid();
    return call.self();
  }

  private static Datum convolution(Invocation call) {
    PackedParams packed = ((Datum.Packed) call.get("packed_weight")).params();
    PackedParams.Window window =
        packed
            .window()
            .orElseThrow(() -> Refusal.wrong("%s of a linear layer's weights", call.operator()));
    return call.call(
        "conv2d",
        OnGrid.real(call.self()),
        weight(call, packed),
        packed.addend(),
        Datum.ints(window.stride()),
        Datum.ints(window.padding()),
        Datum.ints(window.dilation()),
        Datum.number(window.groups()));
  }

  private static Datum linear(Invocation call) {
    PackedParams packed = ((Datum.Packed) call.get("W_prepack")).params();
    if (packed.window().isPresent()) {
      throw Refusal.wrong("%s of a convolution's weights", call.operator());
    }
    return call.call("linear", OnGrid.real(call.self()), weight(call, packed), packed.addend());
  }

  private static Datum weight(Invocation call, PackedParams packed) {
    TensorRef integers = call.dispatcher().sourceCalls().weight(packed);
    call.dispatcher().sourceCalls().pack(packed);
    return OnGrid.reals(call, integers);
  }

  private static Datum whole(Invocation call) {
    Grid grid = Grid.of(call.real("scale"), call.integer("zero_point"), DType.QINT8);
    return made(call).onGrid(grid);
  }

  /** What the integers mean: a program has no other use for them. */
  private static Datum byChannel(Invocation call) {
    double[] scales = call.known("scale").toDoubles();
    double[] zeroPoints = call.known("zero_point").toDoubles();
    int axis = Shapes.dimension(call.integer("axis"), call.self().rank());
    requireEach(call, call.self().shape().get(axis), scales, zeroPoints);
    for (int i = 0; i < scales.length; i++) {
      Grid.of(scales[i], (long) zeroPoints[i], DType.QINT8);
    }
    return made(call);
  }

  private static TensorRef made(Invocation call) {
    if (call.known("self").dtype() != DType.INT8) {
      throw Refusal.unsupported("%s of %s", call.operator(), call.self().dtype());
    }
    return OnGrid.reals(call, call.record(DType.QINT8, call.self().shape()));
  }

  static void requireEach(Invocation call, Dim channels, double[] scales, double[] zeroPoints) {
    if (!channels.equals(Dim.of(scales.length)) || scales.length != zeroPoints.length) {
      throw Refusal.wrong(
          "%s with %d scales and %d zero points for %s channels",
          call.operator(), scales.length, zeroPoints.length, channels);
    }
  }

  private static Datum pair(Invocation call, String name, boolean rectified) {
    call.tensor("qb").requireGrid();
    TensorRef left = OnGrid.real(call.tensor("qa"));
    return put(call, call.call(name, left, OnGrid.real(call.tensor("qb"))), rectified);
  }

  /** Without a scale of its own, the result is on the first tensor's grid. */
  private static Datum concatenation(Invocation call, boolean rectified) {
    List<TensorRef> parts = call.tensors("qx");
    if (parts.isEmpty()) {
      throw Refusal.wrong("%s of no tensors", call.operator());
    }
    Grid first = parts.get(0).requireGrid();
    Grid grid = call.isNone("scale") || call.isNone("zero_point") ? first : resultGrid(call, first);
    List<Datum> reals = new ArrayList<>();
    boolean same = true;
    for (TensorRef part : parts) {
      same &= part.requireGrid().equals(grid);
      reals.add(OnGrid.real(part));
    }
    TensorRef joined = call.callTensor("cat", new Datum.ListOf(reals), call.get("dim"));
    if (same && !rectified) {
      return joined.onGrid(grid);
    }
    return OnGrid.put(call, rectified ? call.callTensor("relu", joined) : joined, grid);
  }

  /**
   * @param parameters that the plain operator has as well
   */
  private static Datum activation(Invocation call, String... parameters) {
    List<Datum> arguments = new ArrayList<>(List.of(OnGrid.real(call.self())));
    for (String parameter : parameters) {
      arguments.add(call.get(parameter));
    }
    return call.call(call.name(), arguments.toArray(new Datum[0]));
  }

  private static Datum normalized(Invocation call) {
    return call.call(
        "batch_norm",
        OnGrid.real(call.self()),
        call.get("weight"),
        call.get("bias"),
        call.get("mean"),
        call.get("var"),
        Datum.bool(false),
        new Datum.Real(0),
        call.get("eps"),
        Datum.bool(false));
  }

  private static Datum instanceNorm(Invocation call) {
    return call.call(
        "instance_norm",
        OnGrid.real(call.self()),
        call.get("weight"),
        call.get("bias"),
        Datum.None.NONE,
        Datum.None.NONE,
        Datum.bool(true),
        new Datum.Real(0),
        call.get("eps"),
        Datum.bool(false));
  }
}
