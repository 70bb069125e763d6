package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import java.util.Arrays;
import java.util.Map;

/** Non-linear activation functions. */
final class Activations {

  private Activations() {}

  static void addTo(LoweringTable table) {
    Pointwise.unary(table, "aten::relu", "Relu");
    Pointwise.unary(table, "aten::sigmoid", "Sigmoid");
    table.single(
        "aten::hardtanh",
        op -> clip(op, op.tensor("self"), op.real("min_val"), op.real("max_val")));
    table.single("aten::silu", Activations::silu);
    table.single("aten::hardsigmoid", op -> hardSigmoid(op, op.tensor("self")));
    table.single("aten::hardswish", Activations::hardSwish);
    table.single("aten::gelu", Activations::gelu);
    table.single("aten::mish", Activations::mish);
    table.single("aten::softplus", Activations::softplus);
    table.single("aten::elu", Activations::elu);
    table.single("aten::leaky_relu", Activations::leakyRelu);
    table.single("aten::prelu", Activations::prelu);
    table.single("aten::softmax", op -> softmax(op, "Softmax"));
    table.single("aten::log_softmax", op -> softmax(op, "LogSoftmax"));
  }

  private static String clip(Op op, String x, double low, double high) {
    DType dtype = op.output().dtype();
    return op.emit("Clip", x, op.scalar(low, dtype), op.scalar(high, dtype));
  }

  private static String silu(Op op) {
    String x = op.tensor("self");
    return op.emit("Mul", x, op.emit("Sigmoid", x));
  }

  /** max(0, min(1, x/6 + 1/2)): ONNX's default alpha is 0.2, PyTorch's is 1/6. */
  private static String hardSigmoid(Op op, String x) {
    return op.emit(
        "HardSigmoid", Map.of("alpha", Attribute.of(1 / 6.0), "beta", Attribute.of(0.5)), x);
  }

  /** HardSwish itself came with opset 14. */
  private static String hardSwish(Op op) {
    String x = op.tensor("self");
    return op.opset() >= 14 ? op.emit("HardSwish", x) : op.emit("Mul", x, hardSigmoid(op, x));
  }

  /** In the very form that ONNX Runtime fuses to its own Gelu; ONNX has one from opset 20 only. */
  private static String gelu(Op op) {
    String x = op.tensor("self");
    DType dtype = op.output().dtype();
    if (op.given("approximate") && op.text("approximate").equals("tanh")) {
      return geluByTanh(op, x, dtype);
    }
    return geluByErf(op, x, dtype);
  }

  static String geluByErf(Op op, String x, DType dtype) {
    String erf = op.emit("Erf", op.emit("Div", x, op.scalar(Math.sqrt(2), dtype)));
    String gate = op.emit("Add", erf, op.scalar(1, dtype));
    return op.emit("Mul", op.emit("Mul", x, gate), op.scalar(0.5, dtype));
  }

  /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
  private static String geluByTanh(Op op, String x, DType dtype) {
    String cube = op.emit("Mul", op.emit("Mul", x, x), x);
    String inner = op.emit("Add", x, op.emit("Mul", cube, op.scalar(0.044715, dtype)));
    String tanh = op.emit("Tanh", op.emit("Mul", inner, op.scalar(Math.sqrt(2 / Math.PI), dtype)));
    String gate = op.emit("Add", tanh, op.scalar(1, dtype));
    return op.emit("Mul", op.emit("Mul", x, gate), op.scalar(0.5, dtype));
  }

  private static String mish(Op op) {
    String x = op.tensor("self");
    return op.emit("Mul", x, op.emit("Tanh", op.emit("Softplus", x)));
  }

  /** log(1 + exp(beta x)) / beta; PyTorch's threshold only guards against overflow. */
  private static String softplus(Op op) {
    String x = op.tensor("self");
    double beta = op.real("beta");
    DType dtype = op.output().dtype();
    if (beta == 1) {
      return op.emit("Softplus", x);
    }
    String scaled = op.emit("Softplus", op.emit("Mul", x, op.scalar(beta, dtype)));
    return op.emit("Div", scaled, op.scalar(beta, dtype));
  }

  private static String elu(Op op) {
    return op.emit("Elu", Map.of("alpha", Attribute.of(op.real("alpha"))), op.tensor("self"));
  }

  private static String leakyRelu(Op op) {
    Attribute slope = Attribute.of(op.real("negative_slope"));
    return op.emit("LeakyRelu", Map.of("alpha", slope), op.tensor("self"));
  }

  /** One slope a channel: weight [C] against x [N,C,H,W] becomes [C,1,1]. */
  private static String prelu(Op op) {
    long slopes = op.shape("weight").get(0).constant();
    String weight = op.tensor("weight");
    if (slopes > 1) {
      long[] shape = new long[op.rank("self") - 1];
      Arrays.fill(shape, 1);
      shape[0] = slopes;
      weight = op.emit("Reshape", weight, op.ints(shape));
    }
    return op.emit("PRelu", op.tensor("self"), weight);
  }

  private static String softmax(Op op, String onnx) {
    long axis = op.axis("dim", op.rank("self"));
    String x = op.operand("self", op.output().dtype());
    return op.emit(onnx, Op.axis(axis), x);
  }
}
