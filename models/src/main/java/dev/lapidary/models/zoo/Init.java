package dev.lapidary.models.zoo;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.core.tensor.Tensor;
import java.util.function.DoubleSupplier;

/**
 * How a new tensor is filled: {@code torch.nn.init}'s rules, with draws that are a function of
 * (seed, tensor name). fan_in is the elements of one output, fan_out those of one input times the
 * receptive field, as PyTorch counts them.
 */
@FunctionalInterface
interface Init {
  Init ZEROS = constant(0);
  Init ONES = constant(1);

  /** PyTorch's default for a convolution's or linear layer's weight: U(+-1/sqrt(fan_in)). */
  Init UNIFORM_FAN_IN = (draw, shape) -> uniform(1 / Math.sqrt(fanIn(shape))).tensor(draw, shape);

  /** He et al. 2015 for ReLU, {@code kaiming_normal_(mode="fan_out")}. */
  Init KAIMING_FAN_OUT = (draw, shape) -> normal(Math.sqrt(2 / fanOut(shape))).tensor(draw, shape);

  /** {@code kaiming_normal_(mode="fan_in")}. */
  Init KAIMING_FAN_IN = (draw, shape) -> normal(Math.sqrt(2 / fanIn(shape))).tensor(draw, shape);

  /** {@code kaiming_uniform_(nonlinearity="relu")}. */
  Init KAIMING_UNIFORM_FAN_IN =
      (draw, shape) -> uniform(Math.sqrt(6 / fanIn(shape))).tensor(draw, shape);

  /** Glorot and Bengio 2010, {@code xavier_uniform_}. */
  Init XAVIER_UNIFORM =
      (draw, shape) -> uniform(Math.sqrt(6 / (fanIn(shape) + fanOut(shape)))).tensor(draw, shape);

  /** The counter of a batch normalization. */
  Init COUNTER = (draw, shape) -> Tensor.zeros(DType.INT64, shape);

  Tensor tensor(RandomStream draw, long... shape);

  /** The tensor of that name under that seed. */
  default Tensor tensor(long seed, String name, long... shape) {
    return tensor(RandomStream.of(seed, 0, 0, name), shape);
  }

  static Init constant(double value) {
    return (draw, shape) -> fill(shape, () -> value);
  }

  /**
   * N(0, std). Also what torchvision's {@code trunc_normal_} is: its bounds are +-2, absolute, 20
   * and more deviations away.
   */
  static Init normal(double std) {
    return (draw, shape) -> fill(shape, () -> std * draw.gaussian());
  }

  /** U(-bound, bound). */
  static Init uniform(double bound) {
    return (draw, shape) -> fill(shape, () -> draw.uniform(-bound, bound));
  }

  /** Integers that the network is built with. */
  static Init fixed(long... values) {
    return (draw, shape) -> Tensor.of(values, shape);
  }

  static double fanIn(long... shape) {
    return (double) Tensor.numel(shape) / shape[0];
  }

  static double fanOut(long... shape) {
    return (double) Tensor.numel(shape) / shape[1];
  }

  private static Tensor fill(long[] shape, DoubleSupplier value) {
    float[] floats = new float[Math.toIntExact(Tensor.numel(shape))];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) value.getAsDouble();
    }
    return Tensor.of(floats, shape);
  }
}
