package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Forward.number;

import dev.lapidary.core.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** {@code torch.nn}'s layers without a family of their own, as modules. */
final class Layers {
  private Layers() {}

  /** {@code nn.BatchNorm2d} with PyTorch's defaults: eps 1e-5, momentum 0.1. */
  static Module batchNorm(int channels) {
    return batchNorm(channels, 1e-5, 0.1);
  }

  /** Counts its batches in training, as PyTorch does. */
  static Module batchNorm(int channels, double eps, double momentum) {
    String settings = "self.training, " + number(momentum) + ", " + number(eps) + ", True)";
    return new Module("BatchNorm2d")
        .parameter("weight", Init.ONES, channels)
        .parameter("bias", Init.ZEROS, channels)
        .buffer("running_mean", DType.FLOAT32, Init.ZEROS, channels)
        .buffer("running_var", DType.FLOAT32, Init.ONES, channels)
        .buffer("num_batches_tracked", DType.INT64, Init.COUNTER)
        .forward(
            (f, x) -> {
              requireSize(x, 1, channels);
              f.line("if self.training:");
              f.line("  counted = torch.add_(self.num_batches_tracked, 1)");
              f.line("else:");
              f.line("  pass");
              String statistics = "self.running_mean, self.running_var, ";
              return f.let(
                  "normalized",
                  "torch.batch_norm(x, self.weight, self.bias, " + statistics + settings,
                  x.shape());
            });
  }

  /** {@code nn.LayerNorm} over the last dimension. */
  static Module layerNorm(int features, double eps) {
    return new Module("LayerNorm")
        .parameter("weight", Init.ONES, features)
        .parameter("bias", Init.ZEROS, features)
        .forward(
            (f, x) -> {
              requireSize(x, -1, features);
              return f.let("normalized", layerNormOf("x", features, eps), x.shape());
            });
  }

  static String layerNormOf(String name, int features, double eps) {
    return "torch.layer_norm(%s, [%d], self.weight, self.bias, %s)"
        .formatted(name, features, number(eps));
  }

  /** {@code nn.Linear} with PyTorch's default initialization. */
  static Module linear(int in, int out) {
    return linear(in, out, Init.UNIFORM_FAN_IN);
  }

  /** The bias begins as PyTorch's. */
  static Module linear(int in, int out, Init weight) {
    return linear(in, out, weight, Init.uniform(1 / Math.sqrt(in)));
  }

  static Module linear(int in, int out, Init weight, Init bias) {
    return new Module("Linear")
        .parameter("weight", weight, out, in)
        .parameter("bias", bias, out)
        .forward((f, x) -> linearOf(f, x, in, out, "self.bias"));
  }

  static Module linearWithoutBias(int in, int out, Init weight) {
    return new Module("Linear")
        .parameter("weight", weight, out, in)
        .forward((f, x) -> linearOf(f, x, in, out, "None"));
  }

  private static Value linearOf(Forward f, Value x, int in, int out, String bias) {
    requireSize(x, -1, in);
    f.count(x.numel() * out);
    return f.let("linear", "torch.linear(x, self.weight, " + bias + ")", x.with(-1, out));
  }

  /** A convolution, its batch normalization and what else follows, as 0, 1, ... */
  static Module convBn(Conv conv, Layer... then) {
    return convNorm(conv, batchNorm(conv.out()), then);
  }

  /** The same with another normalization. */
  static Module convNorm(Conv conv, Layer norm, Layer... then) {
    return sequential(Stream.concat(Stream.of(conv, norm), Arrays.stream(then)).toList());
  }

  /** Submodules {@code 0}, {@code 1}, ... one after the other. */
  static Module sequential(Layer... layers) {
    return sequential(Arrays.asList(layers));
  }

  /** The same of a list. */
  static Module sequential(List<? extends Layer> layers) {
    Module sequential = new Module("Sequential");
    for (int i = 0; i < layers.size(); i++) {
      sequential.with(Integer.toString(i), layers.get(i));
    }
    return sequential.forward(Forward::chainAll);
  }

  /** Submodules with names, one after the other. */
  static Module namedSequential() {
    return new Module("Sequential").forward(Forward::chainAll);
  }

  /** A function of each element; in place where PyTorch's networks do so to save memory. */
  static Module activation(String type, String expression) {
    return new Module(type).forward((f, x) -> f.let("activated", expression, x.shape()));
  }

  static Module relu() {
    return activation("ReLU", "torch.relu_(x)");
  }

  static Module relu6() {
    return activation("ReLU6", "torch.hardtanh_(x, 0., 6.)");
  }

  static Module hardswish() {
    return activation("Hardswish", "torch.hardswish_(x)");
  }

  static Module silu() {
    return activation("SiLU", "torch.silu_(x)");
  }

  static Module gelu() {
    return activation("GELU", "torch.gelu(x)");
  }

  static Module dropout(double p) {
    return activation("Dropout", "torch.dropout(x, " + number(p) + ", self.training)");
  }

  /** Height, width and channels exchanged, as {@code torchvision.ops.Permute}. */
  static Module permute(int... order) {
    return new Module("Permute").forward((f, x) -> f.permute(x, order));
  }

  static Module flatten() {
    return new Module("Flatten").forward(Forward::flatten);
  }

  static Module maxPool(int kernel, int stride, int padding, boolean ceil) {
    String text =
        "torch.max_pool2d(x, [%d, %d], [%d, %d], [%d, %d], [1, 1], %s)"
            .formatted(kernel, kernel, stride, stride, padding, padding, ceil ? "True" : "False");
    return new Module("MaxPool2d")
        .forward((f, x) -> f.let("pooled", text, pooled(x, kernel, stride, padding, ceil)));
  }

  static Module averagePool(int kernel, int stride, int padding) {
    String text =
        "torch.avg_pool2d(x, [%d, %d], [%d, %d], [%d, %d], False, True, None)"
            .formatted(kernel, kernel, stride, stride, padding, padding);
    return new Module("AvgPool2d")
        .forward((f, x) -> f.let("pooled", text, pooled(x, kernel, stride, padding, false)));
  }

  static Module adaptiveAveragePool(int height, int width) {
    String text = "torch.adaptive_avg_pool2d(x, [%d, %d])".formatted(height, width);
    return new Module("AdaptiveAvgPool2d")
        .forward((f, x) -> f.let("pooled", text, x.size(0), x.size(1), height, width));
  }

  /**
   * Huang et al. 2016, mode "row": in training a whole sample's branch is dropped with probability
   * {@code p}, and what remains is scaled up.
   */
  static Module stochasticDepth(double p) {
    return new Module("StochasticDepth")
        .forward(
            (f, x) -> {
              if (p == 0) {
                return x;
              }
              String ones = ", 1".repeat(x.shape().length - 1);
              String survival = number(1 - p);
              f.line("if self.training:");
              String like = "dtype=ops.prim.dtype(x), layout=None, device=ops.prim.device(x)";
              f.line("  noise = torch.empty([torch.size(x, 0)%s], %s)", ones, like);
              f.line("  kept = torch.div_(torch.bernoulli_(noise, %1$s), %1$s)", survival);
              f.line("  result = torch.mul(x, kept)");
              f.line("else:");
              f.line("  result = x");
              return new Value("result", x.shape());
            });
  }

  private static long[] pooled(Value x, int kernel, int stride, int padding, boolean ceil) {
    return new long[] {
      x.size(0),
      x.size(1),
      pooled(x.size(2), kernel, stride, padding, ceil),
      pooled(x.size(3), kernel, stride, padding, ceil)
    };
  }

  /** The output size of a sliding window; with {@code ceil} the last may begin inside only. */
  static long pooled(long size, int kernel, int stride, int padding, boolean ceil) {
    long room = size + 2L * padding - kernel;
    if (room < 0) {
      throw new IllegalArgumentException(
          "a window of %d does not fit into %d pixels".formatted(kernel, size + 2L * padding));
    }
    long steps = ceil ? (room + stride - 1) / stride : room / stride;
    return ceil && steps * stride >= size + padding ? steps : steps + 1;
  }

  private static void requireSize(Value x, int dimension, int expected) {
    if (x.size(dimension) != expected) {
      throw new IllegalStateException(
          "dimension %d must be %d in %s".formatted(dimension, expected, x));
    }
  }
}
