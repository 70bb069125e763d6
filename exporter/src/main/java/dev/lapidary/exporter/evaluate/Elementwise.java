package dev.lapidary.exporter.evaluate;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.OnnxTypes;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** Functions of single elements, and of two or more tensors broadcast as NumPy does. */
final class Elementwise {
  private Elementwise() {}

  static void addTo(Evaluator e) {
    e.single("Identity", call -> call.in(0));
    e.single("Cast", Elementwise::cast);
    unary(e, "Neg", x -> -x);
    unary(e, "Abs", Math::abs);
    unary(e, "Sqrt", Math::sqrt);
    unary(e, "Exp", Math::exp);
    unary(e, "Log", Math::log);
    unary(e, "Erf", Erf::erf);
    unary(e, "Sin", Math::sin);
    unary(e, "Cos", Math::cos);
    unary(e, "Asin", Math::asin);
    unary(e, "Acos", Math::acos);
    unary(e, "Atan", Math::atan);
    unary(e, "Asinh", Elementwise::asinh);
    unary(e, "Acosh", x -> Math.log(x + Math.sqrt(x * x - 1)));
    unary(e, "Atanh", x -> Math.log1p(2 * x / (1 - x)) / 2);
    unary(e, "Tanh", Math::tanh);
    unary(e, "Floor", Math::floor);
    unary(e, "Ceil", Math::ceil);
    unary(e, "Round", Math::rint);
    unary(e, "Sign", Math::signum);
    unary(e, "Reciprocal", x -> 1 / x);
    unary(e, "Relu", x -> Math.max(x, 0));
    unary(e, "Sigmoid", x -> 1 / (1 + Math.exp(-x)));
    unary(e, "Softplus", x -> Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0));
    unary(e, "HardSwish", x -> x * clip(x / 6 + 0.5, 0, 1));
    unary(e, "Not", x -> x == 0 ? 1 : 0);
    e.single("HardSigmoid", Elementwise::hardSigmoid);
    e.single("LeakyRelu", call -> negative(call, 0.01f, (x, a) -> a * x));
    e.single("Elu", call -> negative(call, 1, (x, a) -> a * Math.expm1(x)));
    e.single("Celu", call -> negative(call, 1, (x, a) -> a * Math.expm1(x / a)));
    e.single("Selu", Elementwise::selu);
    e.single("Clip", Elementwise::clip);
    binary(e, "Add", Double::sum);
    binary(e, "Sub", (a, b) -> a - b);
    binary(e, "Mul", (a, b) -> a * b);
    binary(e, "Pow", Math::pow);
    e.single("Div", Elementwise::div);
    e.single("Mod", Elementwise::mod);
    e.single("PRelu", call -> broadcast(call.in(0), call.in(1), (x, s) -> x < 0 ? s * x : x));
    e.single("Max", call -> fold(call, Math::max));
    e.single("Min", call -> fold(call, Math::min));
    test(e, "Equal", (a, b) -> a == b ? 1 : 0);
    test(e, "Less", (a, b) -> a < b ? 1 : 0);
    test(e, "LessOrEqual", (a, b) -> a <= b ? 1 : 0);
    test(e, "Greater", (a, b) -> a > b ? 1 : 0);
    test(e, "GreaterOrEqual", (a, b) -> a >= b ? 1 : 0);
    test(e, "And", (a, b) -> a != 0 && b != 0 ? 1 : 0);
    test(e, "Or", (a, b) -> a != 0 || b != 0 ? 1 : 0);
    test(e, "Xor", (a, b) -> a != 0 ^ b != 0 ? 1 : 0);
    e.single("Where", Elementwise::where);
  }

  private static void unary(Evaluator e, String op, DoubleUnaryOperator f) {
    e.single(op, call -> map(call.in(0), f));
  }

  private static void binary(Evaluator e, String op, DoubleBinaryOperator f) {
    e.single(op, call -> broadcast(call.in(0), call.in(1), f));
  }

  private static void test(Evaluator e, String op, DoubleBinaryOperator f) {
    e.single(
        op,
        call -> {
          Grid result = broadcast(call.in(0), call.in(1), f);
          return new Grid(DType.BOOL, result.shape(), result.values());
        });
  }

  static Grid map(Grid x, DoubleUnaryOperator f) {
    return new Grid(x.dtype(), x.shape(), Arrays.stream(x.values()).map(f).toArray());
  }

  /** An element type of the left, both read as if repeated along axes of size 1. */
  static Grid broadcast(Grid a, Grid b, DoubleBinaryOperator f) {
    int[] shape = commonShape(a.shape(), b.shape());
    int[] fromA = positions(a.shape(), shape);
    int[] fromB = positions(b.shape(), shape);
    double[] values = new double[fromA.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = f.applyAsDouble(a.values()[fromA[i]], b.values()[fromB[i]]);
    }
    return new Grid(a.dtype(), shape, values);
  }

  static int[] commonShape(int[] a, int[] b) {
    int[] shape = new int[Math.max(a.length, b.length)];
    for (int d = 1; d <= shape.length; d++) {
      int x = d <= a.length ? a[a.length - d] : 1;
      int y = d <= b.length ? b[b.length - d] : 1;
      if (x != y && x != 1 && y != 1) {
        throw new IllegalArgumentException(
            Arrays.toString(a) + " and " + Arrays.toString(b) + " do not broadcast");
      }
      shape[shape.length - d] = x == 1 ? y : x;
    }
    return shape;
  }

  /** For each element of the larger shape, where it lies in the smaller one. */
  static int[] positions(int[] from, int[] to) {
    int[] positions = new int[Grid.count(to)];
    int[] strides = new int[to.length];
    int stride = 1;
    for (int d = 1; d <= from.length; d++) {
      int size = from[from.length - d];
      strides[to.length - d] = size == 1 ? 0 : stride;
      stride *= size;
    }
    int[] index = new int[to.length];
    int at = 0;
    for (int i = 0; i < positions.length; i++) {
      positions[i] = at;
      for (int d = to.length - 1; d >= 0; d--) {
        at += strides[d];
        if (++index[d] < to[d]) {
          break;
        }
        at -= to[d] * strides[d];
        index[d] = 0;
      }
    }
    return positions;
  }

  private static Grid cast(Kernel.Call call) {
    Grid x = call.in(0);
    DType to = OnnxTypes.dtype((int) call.node().intOr("to", 1)).orElseThrow();
    boolean truncates = x.dtype().isFloating() && !to.isFloating() && to != DType.BOOL;
    Grid result = truncates ? map(x, Elementwise::truncated) : x;
    return new Grid(
        to, x.shape(), to == DType.BOOL ? map(x, v -> v != 0 ? 1 : 0).values() : result.values());
  }

  private static Grid hardSigmoid(Kernel.Call call) {
    float alpha = call.node().realOr("alpha", 0.2f);
    float beta = call.node().realOr("beta", 0.5f);
    return map(call.in(0), x -> clip(alpha * x + beta, 0, 1));
  }

  private static Grid negative(Kernel.Call call, float otherwise, DoubleBinaryOperator below) {
    float alpha = call.node().realOr("alpha", otherwise);
    return map(call.in(0), x -> x < 0 ? below.applyAsDouble(x, alpha) : x);
  }

  private static Grid selu(Kernel.Call call) {
    float alpha = call.node().realOr("alpha", 1.6732632f);
    float gamma = call.node().realOr("gamma", 1.050701f);
    return map(call.in(0), x -> gamma * (x > 0 ? x : alpha * Math.expm1(x)));
  }

  private static Grid clip(Kernel.Call call) {
    double low = call.has(1) ? call.in(1).values()[0] : Double.NEGATIVE_INFINITY;
    double high = call.has(2) ? call.in(2).values()[0] : Double.POSITIVE_INFINITY;
    return map(call.in(0), x -> clip(x, low, high));
  }

  /** The upper bound wins where the bounds cross. */
  private static double clip(double x, double low, double high) {
    return Math.min(Math.max(x, low), high);
  }

  private static Grid div(Kernel.Call call) {
    boolean real = call.in(0).dtype().isFloating();
    return broadcast(call.in(0), call.in(1), (a, b) -> real ? a / b : truncated(a / b));
  }

  /** By the dividend's sign with {@code fmod}, else by the divisor's. */
  private static Grid mod(Kernel.Call call) {
    boolean ofDividend = call.node().intOr("fmod", 0) == 1;
    if (!call.in(1).dtype().isFloating()
        && Arrays.stream(call.in(1).values()).anyMatch(b -> b == 0)) {
      throw call.declined("an integer by 0");
    }
    return broadcast(
        call.in(0),
        call.in(1),
        (a, b) -> {
          double rest = a % b;
          return ofDividend || rest == 0 || rest < 0 == b < 0 ? rest : rest + b;
        });
  }

  /** Exact near 0, where the plain logarithm is not. */
  private static double asinh(double x) {
    double size = Math.abs(x);
    return Math.copySign(Math.log1p(size + size * size / (1 + Math.sqrt(1 + size * size))), x);
  }

  private static double truncated(double x) {
    return x < 0 ? Math.ceil(x) : Math.floor(x);
  }

  private static Grid fold(Kernel.Call call, DoubleBinaryOperator f) {
    Grid result = call.in(0);
    for (int i = 1; i < call.inputs().size(); i++) {
      result = broadcast(result, call.in(i), f);
    }
    return result;
  }

  private static Grid where(Kernel.Call call) {
    Grid yes = call.in(1);
    int[] shape = commonShape(commonShape(call.in(0).shape(), yes.shape()), call.in(2).shape());
    int[] c = positions(call.in(0).shape(), shape);
    int[] a = positions(yes.shape(), shape);
    int[] b = positions(call.in(2).shape(), shape);
    double[] values = new double[c.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = call.in(0).values()[c[i]] != 0 ? yes.values()[a[i]] : call.in(2).values()[b[i]];
    }
    return new Grid(yes.dtype(), shape, values);
  }
}
