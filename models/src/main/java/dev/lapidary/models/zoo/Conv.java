package dev.lapidary.models.zoo;

import java.util.Arrays;

/**
 * {@code torch.nn.Conv2d}, described step by step: {@code Conv.of(64, 128, 3).stride(2).same()}.
 * Weight [out, in / groups, kernel height, kernel width], no bias unless asked for.
 */
final class Conv implements Layer {
  private final int in;
  private final int out;
  private final int[] kernel;
  private int[] padding = {0, 0};
  private int stride = 1;
  private int groups = 1;
  private boolean bias;
  private Init weightInit = Init.UNIFORM_FAN_IN;
  private Init biasInit;

  private Conv(int in, int out, int[] kernel) {
    this.in = in;
    this.out = out;
    this.kernel = kernel;
    this.biasInit = Init.uniform(1 / Math.sqrt((double) in * kernel[0] * kernel[1]));
  }

  static Conv of(int in, int out, int kernel) {
    return new Conv(in, out, new int[] {kernel, kernel});
  }

  static Conv of(int in, int out, int kernelHeight, int kernelWidth) {
    return new Conv(in, out, new int[] {kernelHeight, kernelWidth});
  }

  /** Channels. */
  int out() {
    return out;
  }

  Conv stride(int pixels) {
    stride = pixels;
    return this;
  }

  Conv pad(int pixels) {
    padding = new int[] {pixels, pixels};
    return this;
  }

  /** Half the kernel on each side, so that stride 1 keeps the size. */
  Conv same() {
    padding = new int[] {(kernel[0] - 1) / 2, (kernel[1] - 1) / 2};
    return this;
  }

  Conv groups(int count) {
    groups = count;
    biasInit = Init.uniform(1 / Math.sqrt((double) in / count * kernel[0] * kernel[1]));
    return this;
  }

  /** Each channel on its own. */
  Conv depthwise() {
    return groups(in);
  }

  Conv bias() {
    bias = true;
    return this;
  }

  /** Another initialization than PyTorch's default; the bias becomes 0. */
  Conv init(Init weight) {
    weightInit = weight;
    biasInit = Init.ZEROS;
    return this;
  }

  /** Another initialization than PyTorch's default for the weight alone. */
  Conv weightInit(Init weight) {
    weightInit = weight;
    return this;
  }

  @Override
  public Module module() {
    Module module = new Module("Conv2d");
    module.parameter("weight", weightInit, out, in / groups, kernel[0], kernel[1]);
    if (bias) {
      module.parameter("bias", biasInit, out);
    }
    return module.forward(this::write);
  }

  private Value write(Forward f, Value x) {
    if (x.size(1) != in) {
      throw new IllegalStateException("a convolution of %d channels got %s".formatted(in, x));
    }
    long height = Layers.pooled(x.size(2), kernel[0], stride, padding[0], false);
    long width = Layers.pooled(x.size(3), kernel[1], stride, padding[1], false);
    f.count(height * width * out * (in / groups) * kernel[0] * kernel[1]);
    String expression =
        "torch.conv2d(x, self.weight, %s, [%d, %d], %s, [1, 1], %d)"
            .formatted(
                bias ? "self.bias" : "None", stride, stride, Arrays.toString(padding), groups);
    return f.let("conv", expression, x.size(0), out, height, width);
  }
}
