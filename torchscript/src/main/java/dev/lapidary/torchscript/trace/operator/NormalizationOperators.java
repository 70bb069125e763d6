package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Normalization layers, softmax, and dropout, which inference leaves out. */
public final class NormalizationOperators {
  private NormalizationOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("batch_norm", NormalizationOperators::batchNorm);
    table.put("layer_norm", NormalizationOperators::layerNorm);
    table.put("group_norm", call -> call.record(call.self().dtype(), call.self().shape()));
    table.put("softmax", NormalizationOperators::softmax);
    table.put("log_softmax", NormalizationOperators::softmax);
    table.put("_softmax", call -> call.call("softmax", call.get("self"), call.get("dim")));
    table.put("_log_softmax", call -> call.call("log_softmax", call.get("self"), call.get("dim")));
    table.put("dropout", NormalizationOperators::dropout);
    table.put("alpha_dropout", NormalizationOperators::dropout);
    table.put("feature_alpha_dropout", NormalizationOperators::dropout);
    table.put("feature_dropout", NormalizationOperators::dropout);
  }

  private static Datum batchNorm(Invocation call) {
    if (call.flag("training") && call.allKnown() && call.isNone("running_mean")) {
      return StatisticsOperators.standardized(call);
    }
    if (call.flag("training") || call.isNone("running_mean") || call.isNone("running_var")) {
      throw Refusal.unsupported(
          "batch_norm by the statistics of the batch, which is training; save the model in eval"
              + " mode, with track_running_stats");
    }
    return call.with("cudnn_enabled", Datum.bool(true))
        .record(call.self().dtype(), call.self().shape());
  }

  private static Datum layerNorm(Invocation call) {
    List<Dim> shape = call.self().shape();
    List<Dim> normalized = call.dims("normalized_shape");
    int outer = shape.size() - normalized.size();
    if (outer < 0 || !shape.subList(outer, shape.size()).equals(normalized)) {
      throw Refusal.wrong("layer_norm over %s of a tensor of shape %s", normalized, shape);
    }
    return call.with("cudnn_enable", Datum.bool(true)).record(call.self().dtype(), shape);
  }

  private static Datum softmax(Invocation given) {
    TensorRef self = given.self();
    if (given.has("dtype") && !given.isNone("dtype")) {
      Datum converted = given.call("to", self, given.get("dtype"));
      return given.call(given.name(), converted, given.get("dim"));
    }
    int dim = Shapes.dimension(given.integer("dim"), self.rank());
    if (given.allKnown()) {
      return softmaxOf(given, self.tensor("softmax"), dim);
    }
    return given.with("dim", Datum.number(dim)).record(self.dtype(), self.shape());
  }

  private static Datum softmaxOf(Invocation call, Tensor tensor, int dim) {
    double[] values = tensor.toDoubles();
    long[] shape = tensor.shape();
    int size = (int) (shape.length == 0 ? 1 : shape[dim]);
    int inner = 1;
    for (int d = dim + 1; d < shape.length; d++) {
      inner *= (int) shape[d];
    }
    boolean log = call.name().equals("log_softmax");
    for (int start = 0; start < values.length; start++) {
      if (start / inner % size != 0) {
        continue;
      }
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < size; i++) {
        max = Math.max(max, values[start + i * inner]);
      }
      double sum = 0;
      for (int i = 0; i < size; i++) {
        sum += Math.exp(values[start + i * inner] - max);
      }
      for (int i = 0; i < size; i++) {
        double shifted = values[start + i * inner] - max;
        values[start + i * inner] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
      }
    }
    DType dtype = tensor.dtype();
    return Elements.ofDoubles(call.dispatcher().budget(), dtype, shape, values);
  }

  private static Datum dropout(Invocation call) {
    if (call.flag("train") && call.real("p") > 0) {
      throw Refusal.unsupported(
          "%s that is active in eval mode: its result is random", call.operator());
    }
    return call.self();
  }
}
