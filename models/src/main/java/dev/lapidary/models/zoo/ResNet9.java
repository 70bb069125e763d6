package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;

import java.util.List;

/**
 * ResNet-9 for small images (David Page 2018, "How to Train Your ResNet", of DAWNBench): each layer
 * convolves, then halves by maximum; the first and the third add a residual pair. Here the features
 * are averaged over the pixels, as in the other ResNets, so that any size does. {@code x0_375} has
 * that part of the channels.
 */
final class ResNet9 {
  private ResNet9() {}

  static List<Architecture> all() {
    return List.of(architecture("resnet9_x0_375", 24), architecture("resnet9", 64));
  }

  /**
   * @param width channels of the first convolution
   */
  private static Architecture architecture(String name, int width) {
    return Architecture.of(
        name,
        "resnet",
        ResNet.smallImages(),
        "linear",
        List.of(
            Stage.of("stem", "prep"),
            Stage.of("layer1", "layer1"),
            Stage.of("layer2", "layer2"),
            Stage.of("layer3", "layer3"),
            Stage.of("head", "linear")),
        options -> network(width, options));
  }

  private static Module network(int width, ZooOptions options) {
    return new Module("ResNet9")
        .with("prep", convBn(3, width))
        .with("layer1", layer(width, 2 * width).with("residual", residual(2 * width)))
        .with("layer2", layer(2 * width, 4 * width))
        .with("layer3", layer(4 * width, 8 * width).with("residual", residual(8 * width)))
        .with("linear", linear(8 * width, options.classes()))
        .forward(
            (f, x) -> {
              Value features = f.averagePool(f.chain(x, "prep", "layer1", "layer2", "layer3"));
              return f.call(
                  "linear", f.dropout(f.flatten(features), options.dropout().orElse(0.0)));
            });
  }

  private static Module layer(int in, int channels) {
    return new Module("Layer")
        .with("conv", convBn(in, channels))
        .with("pool", maxPool(2, 2, 0, false))
        .forward(
            (f, x) -> {
              Value out = f.chain(x, "conv", "pool");
              return f.has("residual") ? f.call("residual", out) : out;
            });
  }

  private static Module residual(int channels) {
    return new Module("Residual")
        .with("res1", convBn(channels, channels))
        .with("res2", convBn(channels, channels))
        .forward((f, x) -> f.add(x, f.chain(x, "res1", "res2")));
  }

  private static Module convBn(int in, int out) {
    return new Module("ConvBn")
        .with("conv", Conv.of(in, out, 3).same().init(Init.KAIMING_FAN_OUT))
        .with("bn", batchNorm(out))
        .forward((f, x) -> f.relu(f.chain(x, "conv", "bn")));
  }
}
