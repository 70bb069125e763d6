package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.convNorm;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.hardswish;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/** MobileNet V3 (Howard et al. 2019, arXiv 1905.02244), tables 1 and 2. */
final class MobileNetV3 {
  /** One line of the paper's table. */
  private record Block(
      int in, int kernel, int inner, int out, boolean squeeze, boolean hardswish, int stride) {}

  private static final List<Block> LARGE =
      List.of(
          new Block(16, 3, 16, 16, false, false, 1),
          new Block(16, 3, 64, 24, false, false, 2),
          new Block(24, 3, 72, 24, false, false, 1),
          new Block(24, 5, 72, 40, true, false, 2),
          new Block(40, 5, 120, 40, true, false, 1),
          new Block(40, 5, 120, 40, true, false, 1),
          new Block(40, 3, 240, 80, false, true, 2),
          new Block(80, 3, 200, 80, false, true, 1),
          new Block(80, 3, 184, 80, false, true, 1),
          new Block(80, 3, 184, 80, false, true, 1),
          new Block(80, 3, 480, 112, true, true, 1),
          new Block(112, 3, 672, 112, true, true, 1),
          new Block(112, 5, 672, 160, true, true, 2),
          new Block(160, 5, 960, 160, true, true, 1),
          new Block(160, 5, 960, 160, true, true, 1));

  private static final List<Block> SMALL =
      List.of(
          new Block(16, 3, 16, 16, true, false, 2),
          new Block(16, 3, 72, 24, false, false, 2),
          new Block(24, 3, 88, 24, false, false, 1),
          new Block(24, 5, 96, 40, true, true, 2),
          new Block(40, 5, 240, 40, true, true, 1),
          new Block(40, 5, 240, 40, true, true, 1),
          new Block(40, 5, 120, 48, true, true, 1),
          new Block(48, 5, 144, 48, true, true, 1),
          new Block(48, 5, 288, 96, true, true, 2),
          new Block(96, 5, 576, 96, true, true, 1),
          new Block(96, 5, 576, 96, true, true, 1));

  private MobileNetV3() {}

  static List<Architecture> all() {
    return List.of(
        architecture("mobilenet_v3_small", SMALL, 1024),
        architecture("mobilenet_v3_large", LARGE, 1280));
  }

  private static Architecture architecture(String name, List<Block> blocks, int hidden) {
    return Architecture.of(
        name,
        "mobilenet_v3",
        Preprocessing.imageNet(256, 224),
        "classifier.3",
        stages(blocks),
        options -> network(blocks, hidden, options));
  }

  /** A stage ends where the size is about to halve. */
  private static List<Stage> stages(List<Block> blocks) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "features.0"));
    List<String> modules = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).stride() == 2 && !modules.isEmpty()) {
        stages.add(new Stage("stage" + stages.size(), modules));
        modules = new ArrayList<>();
      }
      modules.add("features." + (i + 1));
    }
    stages.add(new Stage("stage" + stages.size(), modules));
    stages.add(Stage.of("last", "features." + (blocks.size() + 1)));
    stages.add(Stage.of("head", "classifier"));
    return stages;
  }

  private static Module network(List<Block> blocks, int hidden, ZooOptions options) {
    List<Layer> features = new ArrayList<>();
    features.add(convBn(conv(3, 16, 3).stride(2), hardswish()));
    blocks.forEach(block -> features.add(invertedResidual(block)));
    int in = blocks.get(blocks.size() - 1).out();
    features.add(convBn(conv(in, 6 * in, 1), hardswish()));
    return new Module("MobileNetV3")
        .with("features", sequential(features))
        .with(
            "classifier",
            sequential(
                linear(6 * in, hidden, Init.normal(0.01), Init.ZEROS),
                hardswish(),
                dropout(options.dropout().orElse(0.2)),
                linear(hidden, options.classes(), Init.normal(0.01), Init.ZEROS)))
        .forward((f, x) -> f.call("classifier", f.flatten(f.averagePool(f.call("features", x)))));
  }

  private static Module invertedResidual(Block b) {
    List<Layer> layers = new ArrayList<>();
    if (b.inner() != b.in()) {
      layers.add(convBn(conv(b.in(), b.inner(), 1), activation(b)));
    }
    Conv depthwise = conv(b.inner(), b.inner(), b.kernel()).stride(b.stride()).depthwise();
    layers.add(convBn(depthwise, activation(b)));
    if (b.squeeze()) {
      int squeezed = DivisibleChannels.divisible(Math.floorDiv(b.inner(), 4), 8);
      layers.add(
          SqueezeExcitation.of(
              "torch.relu_",
              "torch.hardsigmoid",
              conv(b.inner(), squeezed, 1),
              conv(squeezed, b.inner(), 1)));
    }
    layers.add(convBn(conv(b.inner(), b.out(), 1)));
    return new Module("InvertedResidual")
        .with("block", sequential(layers))
        .forward(
            (f, x) -> {
              Value branch = f.call("block", x);
              return b.stride() == 1 && b.in() == b.out() ? f.add(branch, x) : branch;
            });
  }

  private static Module activation(Block block) {
    return block.hardswish() ? hardswish() : relu();
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().init(Init.KAIMING_FAN_OUT);
  }

  private static Module convBn(Conv conv, Layer... then) {
    return convNorm(conv, batchNorm(conv.out(), 1e-3, 1e-2), then);
  }
}
