package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.averagePool;
import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.namedSequential;
import static dev.lapidary.models.zoo.Layers.relu;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * DenseNet-BC (Huang et al. 2016, arXiv 1608.06993): each layer sees all layers before it in its
 * block, concatenated; transitions halve channels and size.
 */
final class DenseNet {
  /** Channels of the 1x1 bottleneck, over the growth rate. */
  private static final int BOTTLENECK = 4;

  private DenseNet() {}

  static List<Architecture> all() {
    return List.of(
        architecture("densenet121", 64, 32, 6, 12, 24, 16),
        architecture("densenet161", 96, 48, 6, 12, 36, 24),
        architecture("densenet169", 64, 32, 6, 12, 32, 32),
        architecture("densenet201", 64, 32, 6, 12, 48, 32));
  }

  private static Architecture architecture(String name, int stem, int growth, int... layers) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "features.conv0", "features.norm0"));
    for (int i = 1; i <= layers.length; i++) {
      String end = i < layers.length ? "features.transition" + i : "features.norm5";
      stages.add(Stage.of("denseblock" + i, "features.denseblock" + i, end));
    }
    stages.add(Stage.of("head", "classifier"));
    return Architecture.of(
        name,
        "densenet",
        Preprocessing.imageNet(256, 224),
        "classifier",
        stages,
        options -> network(options, stem, growth, layers));
  }

  private static Module network(ZooOptions options, int stem, int growth, int... layers) {
    Module features =
        namedSequential()
            .with("conv0", conv(3, stem, 7).stride(2))
            .with("norm0", batchNorm(stem))
            .with("relu0", relu())
            .with("pool0", maxPool(3, 2, 1, false));
    int channels = stem;
    for (int i = 0; i < layers.length; i++) {
      features.with("denseblock" + (i + 1), block(channels, growth, layers[i], options));
      channels += layers[i] * growth;
      if (i + 1 < layers.length) {
        features.with("transition" + (i + 1), transition(channels));
        channels /= 2;
      }
    }
    features.with("norm5", batchNorm(channels));
    return new Module("DenseNet")
        .with("features", features)
        .with("classifier", linear(channels, options.classes(), Init.UNIFORM_FAN_IN, Init.ZEROS))
        .forward(
            (f, x) ->
                f.call("classifier", f.flatten(f.averagePool(f.relu(f.call("features", x))))));
  }

  private static Module block(int in, int growth, int layers, ZooOptions options) {
    Module block = new Module("DenseBlock");
    for (int i = 0; i < layers; i++) {
      block.with("denselayer" + (i + 1), layer(in + i * growth, growth, options));
    }
    return block.forward(
        (f, x) -> {
          for (String layer : block.children().keySet()) {
            x = f.cat(x, f.call(layer, x));
          }
          return x;
        });
  }

  private static Module layer(int in, int growth, ZooOptions options) {
    int inner = BOTTLENECK * growth;
    return new Module("DenseLayer")
        .with("norm1", batchNorm(in))
        .with("conv1", conv(in, inner, 1))
        .with("norm2", batchNorm(inner))
        .with("conv2", conv(inner, growth, 3))
        .forward(
            (f, x) -> {
              Value inside = f.call("conv1", f.relu(f.call("norm1", x)));
              Value out = f.call("conv2", f.relu(f.call("norm2", inside)));
              return f.dropout(out, options.dropout().orElse(0.0));
            });
  }

  private static Module transition(int in) {
    return namedSequential()
        .with("norm", batchNorm(in))
        .with("relu", relu())
        .with("conv", conv(in, in / 2, 1))
        .with("pool", averagePool(2, 2, 0));
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().init(Init.KAIMING_FAN_IN);
  }
}
