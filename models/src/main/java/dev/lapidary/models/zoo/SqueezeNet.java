package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.adaptiveAveragePool;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.function.Supplier;

/**
 * SqueezeNet (Iandola et al. 2016, arXiv 1602.07360): fire modules squeeze to few channels by 1x1
 * and expand by 1x1 and 3x3 side by side; the head is a convolution.
 */
final class SqueezeNet {
  private SqueezeNet() {}

  static List<Architecture> all() {
    return List.of(
        architecture("squeezenet1_0", List.of(3, 4, 5, 7, 8, 9, 10, 12), SqueezeNet::version0),
        architecture("squeezenet1_1", List.of(3, 4, 6, 7, 9, 10, 11, 12), SqueezeNet::version1));
  }

  private static Architecture architecture(
      String name, List<Integer> fires, Supplier<Module> features) {
    List<String> modules = fires.stream().map(i -> "features." + i).toList();
    return Architecture.of(
        name,
        "squeezenet",
        Preprocessing.imageNet(256, 224),
        "classifier.1",
        List.of(
            Stage.of("stem", "features.0"),
            new Stage("fire2-5", modules.subList(0, 4)),
            new Stage("fire6-9", modules.subList(4, 8)),
            Stage.of("head", "classifier.1")),
        options -> network(features.get(), options));
  }

  private static Module version0() {
    return sequential(
        conv(3, 96, 7).stride(2),
        relu(),
        maxPool(3, 2, 0, true),
        fire(96, 16, 64),
        fire(128, 16, 64),
        fire(128, 32, 128),
        maxPool(3, 2, 0, true),
        fire(256, 32, 128),
        fire(256, 48, 192),
        fire(384, 48, 192),
        fire(384, 64, 256),
        maxPool(3, 2, 0, true),
        fire(512, 64, 256));
  }

  /** 2.4 times less work than 1.0 for the same accuracy. */
  private static Module version1() {
    return sequential(
        conv(3, 64, 3).stride(2),
        relu(),
        maxPool(3, 2, 0, true),
        fire(64, 16, 64),
        fire(128, 16, 64),
        maxPool(3, 2, 0, true),
        fire(128, 32, 128),
        fire(256, 32, 128),
        maxPool(3, 2, 0, true),
        fire(256, 48, 192),
        fire(384, 48, 192),
        fire(384, 64, 256),
        fire(512, 64, 256));
  }

  private static Module network(Module features, ZooOptions options) {
    return new Module("SqueezeNet")
        .with("features", features)
        .with(
            "classifier",
            sequential(
                dropout(options.dropout().orElse(0.5)),
                Conv.of(512, options.classes(), 1).bias().init(Init.normal(0.01)),
                relu(),
                adaptiveAveragePool(1, 1)))
        .forward((f, x) -> f.flatten(f.chain(x, "features", "classifier")));
  }

  private static Module fire(int in, int squeeze, int expand) {
    return new Module("Fire")
        .with("squeeze", conv(in, squeeze, 1))
        .with("expand1x1", conv(squeeze, expand, 1))
        .with("expand3x3", conv(squeeze, expand, 3).same())
        .forward(
            (f, x) -> {
              Value squeezed = f.relu(f.call("squeeze", x));
              Value small = f.relu(f.call("expand1x1", squeezed));
              return f.cat(small, f.relu(f.call("expand3x3", squeezed)));
            });
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).bias().init(Init.KAIMING_UNIFORM_FAN_IN);
  }
}
