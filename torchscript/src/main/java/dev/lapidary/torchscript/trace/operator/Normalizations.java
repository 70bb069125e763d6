package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import java.util.List;
import java.util.Map;

/** Normalization functions. */
final class Normalizations {

  private Normalizations() {}

  static void addTo(Map<String, Operator> table) {
    table.put("batch_norm", Normalizations::batchNorm);
    table.put("layer_norm", Normalizations::layerNorm);
    table.put("group_norm", Normalizations::groupNorm);
  }

  private static IValue batchNorm(Invocation call) {
    if (call.flag("training") && call.allKnown() && call.isNone("running_mean")) {
      return standardized(call);
    }
    if (call.flag("training") || call.isNone("running_mean") || call.isNone("running_var")) {
      throw ProgramRefusal.unsupported(
          "batch_norm by the statistics of the batch, which is training; save the model in eval"
              + " mode, with track_running_stats");
    }
    PerChannel.require(
        call, PerChannel.channels(call), "weight", "bias", "running_mean", "running_var");
    return call.with("cudnn_enabled", IValue.bool(true))
        .record(call.self().dtype(), call.self().shape());
  }

  private static IValue layerNorm(Invocation call) {
    List<SymInt> shape = call.self().shape();
    List<SymInt> normalized = call.dims("normalized_shape");
    int outer = shape.size() - normalized.size();
    if (outer < 0 || !shape.subList(outer, shape.size()).equals(normalized)) {
      throw ProgramRefusal.wrong("layer_norm over %s of a tensor of shape %s", normalized, shape);
    }
    PerChannel.require(call, SymInts.product(normalized), "weight", "bias");
    return call.with("cudnn_enable", IValue.bool(true)).record(call.self().dtype(), shape);
  }

  private static IValue groupNorm(Invocation call) {
    PerChannel.require(call, PerChannel.channels(call), "weight", "bias");
    return call.record(call.self().dtype(), call.self().shape());
  }

  /**
   * {@code batch_norm} of a constant by its own statistics: how {@code ScaledStdConv2d}
   * standardizes its weight, each output channel a channel. At once, so that a network of nothing
   * else needs its weights' memory once, and rounded once.
   */
  static IValue standardized(Invocation call) {
    Tensor self = call.self().tensor("batch_norm");
    long[] shape = self.shape();
    if (shape.length < 2 || self.numel() == 0) {
      throw ProgramRefusal.wrong("batch_norm of a tensor of shape %s", call.self().shape());
    }
    double[] values = self.toDoubles();
    int channels = (int) shape[1];
    int inner = (int) (values.length / shape[0] / channels);
    double count = values.length / (double) channels;
    double[] mean = new double[channels];
    double[] variance = new double[channels];
    for (int i = 0; i < values.length; i++) {
      mean[i / inner % channels] += values[i] / count;
    }
    for (int i = 0; i < values.length; i++) {
      double centred = values[i] - mean[i / inner % channels];
      variance[i / inner % channels] += centred * centred / count;
    }
    double epsilon = call.real("eps");
    double[] weight = perChannel(call, "weight", 1, channels);
    double[] bias = perChannel(call, "bias", 0, channels);
    for (int i = 0; i < values.length; i++) {
      int c = i / inner % channels;
      double normal = (values[i] - mean[c]) / Math.sqrt(variance[c] + epsilon);
      values[i] = normal * weight[c] + bias[c];
    }
    return Elements.ofDoubles(call.budget(), self.dtype(), shape, values);
  }

  private static double[] perChannel(
      Invocation call, String parameter, double otherwise, int channels) {
    double[] values = new double[channels];
    if (call.isNone(parameter)) {
      java.util.Arrays.fill(values, otherwise);
      return values;
    }
    double[] given = call.known(parameter).toDoubles();
    if (given.length != channels) {
      throw ProgramRefusal.wrong(
          "batch_norm of %d channels with %d of %s", channels, given.length, parameter);
    }
    return given;
  }
}
