package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Variances, and normalizations by statistics of the tensor itself, as sums and products. */
public final class StatisticsOperators {
  /** {@code torch.finfo(torch.float32).eps}: what rms_norm adds where no eps is given. */
  private static final double FLOAT32_EPSILON = 1.1920928955078125e-07;

  private StatisticsOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("var", StatisticsOperators::variance);
    table.put("std", call -> call.call("sqrt", variance(call)));
    table.put("var_mean", call -> Datum.TupleOf.of(List.of(variance(call), mean(call))));
    table.put(
        "std_mean",
        call -> Datum.TupleOf.of(List.of(call.call("sqrt", variance(call)), mean(call))));
    table.put("logsumexp", StatisticsOperators::logSumExp);
    table.put("rms_norm", StatisticsOperators::rootMeanSquare);
    table.put("instance_norm", StatisticsOperators::instance);
  }

  private static Datum variance(Invocation call) {
    int[] dims = dims(call);
    Datum list = Datum.ints(dims);
    Datum centred = centred(call, call.self(), list);
    Datum squares = call.call("mul", centred, centred);
    Datum biased = call.call("mean", squares, list, keeps(call));
    double count = count(call.self(), dims);
    double correction = correction(call);
    return correction == 0
        ? biased
        : call.call("mul", biased, new Datum.Real(count / Math.max(0, count - correction)));
  }

  private static Datum mean(Invocation call) {
    return call.call("mean", call.self(), Datum.ints(dims(call)), keeps(call));
  }

  private static Datum centred(Invocation call, Datum self, Datum dims) {
    return call.call("sub", self, call.call("mean", self, dims, Datum.bool(true)));
  }

  private static int[] dims(Invocation call) {
    boolean given = call.has("dim") && !call.isNone("dim");
    return Shapes.dimensions(given ? call.integers("dim") : new long[0], call.self().rank());
  }

  private static Datum keeps(Invocation call) {
    return Datum.bool(call.has("keepdim") && call.flag("keepdim"));
  }

  private static double count(TensorRef self, int[] dims) {
    double count = 1;
    for (int dim : dims) {
      count *= Dims.constant(self.shape().get(dim));
    }
    return count;
  }

  private static double correction(Invocation call) {
    if (call.has("unbiased")) {
      return call.flag("unbiased") ? 1 : 0;
    }
    return call.isNone("correction") ? 1 : call.real("correction");
  }

  /** {@code m + log(sum(exp(x - m)))}, m the greatest: no power overflows. */
  private static Datum logSumExp(Invocation call) {
    TensorRef self = call.self();
    Datum dims = Datum.ints(Shapes.dimensions(call.integers("dim"), self.rank()));
    Datum greatest = call.call("amax", self, dims, Datum.bool(true));
    Datum powers = call.call("exp", call.call("sub", self, greatest));
    Datum sum = call.call("log", call.call("sum", powers, dims, call.get("keepdim")));
    return call.call("add", sum, call.call("amax", self, dims, call.get("keepdim")));
  }

  private static Datum rootMeanSquare(Invocation call) {
    TensorRef self = call.self();
    List<Dim> normalized = call.dims("normalized_shape");
    int outer = self.rank() - normalized.size();
    if (outer < 0 || !self.shape().subList(outer, self.rank()).equals(normalized)) {
      throw Refusal.wrong("rms_norm over %s of a tensor of shape %s", normalized, self.shape());
    }
    Datum dims = Datum.ints(IntStream.range(outer, self.rank()).toArray());
    Datum epsilon = call.isNone("eps") ? new Datum.Real(FLOAT32_EPSILON) : call.get("eps");
    Datum squares = call.call("mean", call.call("mul", self, self), dims, Datum.bool(true));
    Datum scale = call.call("rsqrt", call.call("add", squares, epsilon));
    Datum normal = call.call("mul", self, scale);
    return call.isNone("weight") ? normal : call.call("mul", normal, call.get("weight"));
  }

  /** Each channel of each sample by itself: a group norm of groups of one channel. */
  private static Datum instance(Invocation call) {
    List<Dim> shape = call.self().shape();
    if (!call.flag("use_input_stats")) {
      return call.call(
          "batch_norm",
          call.self(),
          call.get("weight"),
          call.get("bias"),
          call.get("running_mean"),
          call.get("running_var"),
          Datum.bool(false),
          call.get("momentum"),
          call.get("eps"),
          Datum.bool(true));
    }
    return call.call(
        "group_norm",
        call.self(),
        new Datum.Int(shape.get(1)),
        call.get("weight"),
        call.get("bias"),
        call.get("eps"),
        Datum.bool(true));
  }

  /**
   * {@code batch_norm} of a constant by its own statistics: how {@code ScaledStdConv2d}
   * standardizes its weight, each output channel a channel. At once, so that a network of nothing
   * else needs its weights' memory once, and rounded once.
   */
  static Datum standardized(Invocation call) {
    Tensor self = call.self().tensor("batch_norm");
    long[] shape = self.shape();
    if (shape.length < 2 || self.numel() == 0) {
      throw Refusal.wrong("batch_norm of a tensor of shape %s", call.self().shape());
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
    return Elements.ofDoubles(call.dispatcher().budget(), self.dtype(), shape, values);
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
      throw Refusal.wrong(
          "batch_norm of %d channels with %d of %s", channels, given.length, parameter);
    }
    return given;
  }
}
