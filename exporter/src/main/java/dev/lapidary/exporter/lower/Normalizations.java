package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Normalization functions. */
final class Normalizations {

  private Normalizations() {}

  static void addTo(LoweringTable table) {
    table.single("aten::batch_norm", Normalizations::batchNorm);
    table.single("aten::layer_norm", Normalizations::layerNorm);
    table.single("aten::group_norm", Normalizations::groupNorm);
  }

  private static String batchNorm(Op op) {
    if (op.bool("training") || !op.given("running_mean")) {
      throw op.unsupported("uses the batch's own statistics; call model.eval() before saving");
    }
    long channels = op.shape("running_mean").get(0).constant();
    DType dtype = op.dtype("running_mean");
    return op.emit(
        "BatchNormalization",
        Map.of("epsilon", Attribute.of(op.real("eps"))),
        op.tensor("input"),
        orFull(op, "weight", 1, dtype, channels),
        orFull(op, "bias", 0, dtype, channels),
        op.tensor("running_mean"),
        op.tensor("running_var"));
  }

  private static String orFull(Op op, String parameter, double value, DType dtype, long... shape) {
    return op.given(parameter)
        ? op.tensor(parameter)
        : op.constant(parameter, Constants.full(value, dtype, shape));
  }

  private static String layerNorm(Op op) {
    long[] normalized = op.integers("normalized_shape");
    String scale = orFull(op, "weight", 1, op.output().dtype(), normalized);
    String bias = op.optionalTensor("bias");
    return layerNorm(op, op.tensor("input"), normalized.length, scale, bias, op.real("eps"));
  }

  /** Over the last {@code count} dimensions; LayerNormalization itself came with opset 17. */
  static String layerNorm(
      Op op, String input, int count, String scale, String bias, double epsilon) {
    if (op.opset() >= 17) {
      Map<String, Attribute> attributes =
          Map.of("axis", Attribute.of((long) -count), "epsilon", Attribute.of(epsilon));
      return op.emit("LayerNormalization", attributes, input, scale, bias);
    }
    DType dtype = op.output().dtype();
    long[] axes = LongStream.range(-count, 0).toArray();
    String centred = op.emit("Sub", input, op.reduce("ReduceMean", input, true, axes));
    String variance = op.reduce("ReduceMean", op.emit("Mul", centred, centred), true, axes);
    String deviation = op.emit("Sqrt", op.emit("Add", variance, op.scalar(epsilon, dtype)));
    String scaled = op.emit("Mul", op.emit("Div", centred, deviation), scale);
    return bias.isEmpty() ? scaled : op.emit("Add", scaled, bias);
  }

  /** [N,C,...] as [N,G,C/G*...], normalized by group, then scaled by channel. */
  private static String groupNorm(Op op) {
    List<SymInt> shape = op.shape("input");
    DType dtype = op.output().dtype();
    long groups = op.integer("num_groups");
    long remainder = Tensor.numel(shape.stream().skip(1).mapToLong(SymInt::constant).toArray());
    List<SymInt> grouped = List.of(shape.get(0), SymInt.of(groups), SymInt.of(remainder / groups));
    String normalized =
        op.emit(
            "InstanceNormalization",
            Map.of("epsilon", Attribute.of(op.real("eps"))),
            op.reshape(op.tensor("input"), shape, grouped),
            op.constant("group_scale", Constants.full(1, dtype, groups)),
            op.constant("group_bias", Constants.full(0, dtype, groups)));
    String result = op.reshape(normalized, grouped, shape);
    result = byChannel(op, "Mul", result, "weight", shape.size());
    return byChannel(op, "Add", result, "bias", shape.size());
  }

  private static String byChannel(Op op, String onnx, String value, String parameter, int rank) {
    if (!op.given(parameter)) {
      return value;
    }
    List<SymInt> flat = op.shape(parameter);
    List<SymInt> spread = new ArrayList<>(flat);
    spread.addAll(Collections.nCopies(rank - 2, SymInt.of(1)));
    return op.emit(onnx, value, op.reshape(op.tensor(parameter), flat, spread));
  }
}
