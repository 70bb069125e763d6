package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.flatten;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.permute;
import static dev.lapidary.models.zoo.Layers.sequential;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * ConvNeXt (Liu et al. 2022, arXiv 2201.03545): a ResNet's stages with a transformer's habits: 7x7
 * depthwise convolution, LayerNorm, one GELU, layer scale.
 */
final class ConvNeXt {
  private static final double EPS = 1e-6;
  private static final Init WEIGHT = Init.normal(0.02);

  private record Plan(int width, int thirdStage, double stochasticDepth) {
    int blocks(int stage) {
      return stage == 2 ? thirdStage : 3;
    }

    int allBlocks() {
      return thirdStage + 9;
    }
  }

  private ConvNeXt() {}

  static List<Architecture> all() {
    return List.of(
        architecture("convnext_tiny", new Plan(96, 9, 0.1), 236),
        architecture("convnext_small", new Plan(96, 27, 0.4), 230),
        architecture("convnext_base", new Plan(128, 27, 0.5), 232),
        architecture("convnext_large", new Plan(192, 27, 0.5), 232));
  }

  private static Architecture architecture(String name, Plan plan, int resize) {
    return Architecture.of(
        name,
        "convnext",
        Preprocessing.imageNet(resize, 224),
        "classifier.2",
        List.of(
            Stage.of("stem", "features.0"),
            Stage.of("stage1", "features.1"),
            Stage.of("stage2", "features.2", "features.3"),
            Stage.of("stage3", "features.4", "features.5"),
            Stage.of("stage4", "features.6", "features.7"),
            Stage.of("head", "classifier")),
        options -> network(plan, options));
  }

  private static Module network(Plan plan, ZooOptions options) {
    double depth = options.stochasticDepth().orElse(plan.stochasticDepth());
    List<Layer> features = new ArrayList<>();
    features.add(sequential(conv(3, plan.width(), 4).stride(4), layerNorm2d(plan.width())));
    int built = 0;
    for (int stage = 0; stage < 4; stage++) {
      int channels = plan.width() << stage;
      if (stage > 0) {
        Conv halve = conv(channels / 2, channels, 2).stride(2);
        features.add(sequential(layerNorm2d(channels / 2), halve));
      }
      Layer[] blocks = new Layer[plan.blocks(stage)];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = block(channels, depth * built++ / (plan.allBlocks() - 1));
      }
      features.add(sequential(blocks));
    }
    int last = plan.width() << 3;
    Module head = linear(last, options.classes(), WEIGHT, Init.ZEROS);
    return new Module("ConvNeXt")
        .with("features", sequential(features))
        .with("classifier", sequential(layerNorm2d(last), flatten(), head))
        .forward((f, x) -> f.call("classifier", f.averagePool(f.call("features", x))));
  }

  private static Module block(int channels, double skipped) {
    return new Module("CNBlock")
        .parameter("layer_scale", Init.constant(1e-6), channels, 1, 1)
        .with(
            "block",
            sequential(
                conv(channels, channels, 7).same().depthwise().init(WEIGHT),
                permute(0, 2, 3, 1),
                layerNorm(channels, EPS),
                linear(channels, 4 * channels, WEIGHT, Init.ZEROS),
                gelu(),
                linear(4 * channels, channels, WEIGHT, Init.ZEROS),
                permute(0, 3, 1, 2)))
        .with("stochastic_depth", stochasticDepth(skipped))
        .forward(
            (f, x) -> {
              Value branch = f.call("block", x);
              Value scaled = f.let("scaled", "torch.mul(self.layer_scale, block)", branch.shape());
              return f.add(f.call("stochastic_depth", scaled), x);
            });
  }

  /** Over the channels of [N, C, H, W]. */
  private static Module layerNorm2d(int channels) {
    return new Module("LayerNorm2d")
        .parameter("weight", Init.ONES, channels)
        .parameter("bias", Init.ZEROS, channels)
        .forward(
            (f, x) -> {
              Value last = f.permute(x, 0, 2, 3, 1);
              String norm = Layers.layerNormOf(last.name(), channels, EPS);
              return f.permute(f.let("normalized", norm, last.shape()), 0, 3, 1, 2);
            });
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).bias().init(WEIGHT);
  }
}
