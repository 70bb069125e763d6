package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNet (He et al. 2015, arXiv 1512.03385), ResNeXt (Xie et al. 2016, arXiv 1611.05431) and Wide
 * ResNet (Zagoruyko and Komodakis 2016, arXiv 1605.07146), with the stride in the bottleneck's 3x3
 * convolution as torchvision has it; and the paper's section 4.2 network for 32x32 images with 1x1
 * convolutions as shortcuts.
 */
final class ResNet {
  /** Channels that come out of a bottleneck, over those inside. */
  private static final int EXPANSION = 4;

  /**
   * @param blocks of each stage
   * @param groups of the bottleneck's 3x3 convolution
   * @param groupWidth channels of a group where the stage has 64
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Plan(boolean bottleneck, int groups, int groupWidth, int... blocks) {}

  private ResNet() {}

  static List<Architecture> all() {
    return List.of(
        imageNet("resnet18", new Plan(false, 1, 64, 2, 2, 2, 2)),
        imageNet("resnet34", new Plan(false, 1, 64, 3, 4, 6, 3)),
        imageNet("resnet50", new Plan(true, 1, 64, 3, 4, 6, 3)),
        imageNet("resnet101", new Plan(true, 1, 64, 3, 4, 23, 3)),
        imageNet("resnet152", new Plan(true, 1, 64, 3, 8, 36, 3)),
        imageNet("resnext50_32x4d", new Plan(true, 32, 4, 3, 4, 6, 3)),
        imageNet("resnext101_32x8d", new Plan(true, 32, 8, 3, 4, 23, 3)),
        imageNet("resnext101_64x4d", new Plan(true, 64, 4, 3, 4, 23, 3), 232),
        imageNet("wide_resnet50_2", new Plan(true, 1, 128, 3, 4, 6, 3)),
        imageNet("wide_resnet101_2", new Plan(true, 1, 128, 3, 4, 23, 3)),
        cifar("resnet20_cifar", new Plan(false, 1, 64, 3, 3, 3)));
  }

  private static Architecture imageNet(String name, Plan plan) {
    return imageNet(name, plan, 256);
  }

  private static Architecture imageNet(String name, Plan plan, int resize) {
    Preprocessing preprocessing = Preprocessing.imageNet(resize, 224);
    return Architecture.of(
        name, "resnet", preprocessing, "fc", stages(plan), o -> imageNet(plan, o));
  }

  private static Architecture cifar(String name, Plan plan) {
    return Architecture.of(name, "resnet", smallImages(), "fc", stages(plan), o -> cifar(plan, o));
  }

  /** 32x32 pixels, by the mean and deviation of Fashion-MNIST. */
  static Preprocessing smallImages() {
    return new Preprocessing(
        Preprocessing.Resize.EXACT,
        32,
        Preprocessing.Interpolation.BILINEAR,
        32,
        32,
        List.of(0.2860f, 0.2860f, 0.2860f),
        List.of(0.3530f, 0.3530f, 0.3530f),
        Preprocessing.Colour.RGB);
  }

  private static List<Stage> stages(Plan plan) {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "conv1", "bn1"));
    for (int i = 1; i <= plan.blocks().length; i++) {
      stages.add(Stage.of("layer" + i, "layer" + i));
    }
    stages.add(Stage.of("head", "fc"));
    return stages;
  }

  private static Module imageNet(Plan plan, ZooOptions options) {
    Module net =
        new Module("ResNet")
            .with("conv1", conv(3, 64, 7).stride(2))
            .with("bn1", batchNorm(64))
            .with("maxpool", maxPool(3, 2, 1, false));
    int features = addStages(net, plan, 64, 64);
    return net.with("fc", linear(features, options.classes()))
        .forward((f, x) -> head(f, plan, f.call("maxpool", stem(f, x)), options));
  }

  private static Module cifar(Plan plan, ZooOptions options) {
    Module net = new Module("ResNet").with("conv1", conv(3, 16, 3)).with("bn1", batchNorm(16));
    int features = addStages(net, plan, 16, 16);
    return net.with("fc", linear(features, options.classes()))
        .forward((f, x) -> head(f, plan, stem(f, x), options));
  }

  private static Value stem(Forward f, Value x) {
    return f.relu(f.chain(x, "conv1", "bn1"));
  }

  private static Value head(Forward f, Plan plan, Value x, ZooOptions options) {
    for (int i = 1; i <= plan.blocks().length; i++) {
      x = f.call("layer" + i, x);
    }
    Value features = f.flatten(f.averagePool(x));
    return f.call("fc", f.dropout(features, options.dropout().orElse(0.0)));
  }

  /** Adds layer1, layer2, ...: each halves the size and doubles the channels of the one before. */
  private static int addStages(Module net, Plan plan, int in, int width) {
    for (int stage = 0; stage < plan.blocks().length; stage++) {
      int planes = width << stage;
      Layer[] blocks = new Layer[plan.blocks()[stage]];
      for (int b = 0; b < blocks.length; b++) {
        int stride = b == 0 && stage > 0 ? 2 : 1;
        blocks[b] =
            plan.bottleneck() ? bottleneck(plan, in, planes, stride) : basic(in, planes, stride);
        in = plan.bottleneck() ? planes * EXPANSION : planes;
      }
      net.with("layer" + (stage + 1), sequential(blocks));
    }
    return in;
  }

  private static Module basic(int in, int planes, int stride) {
    Module block =
        new Module("BasicBlock")
            .with("conv1", conv(in, planes, 3).stride(stride))
            .with("bn1", batchNorm(planes))
            .with("conv2", conv(planes, planes, 3))
            .with("bn2", batchNorm(planes));
    return residual(block, in, planes, stride)
        .forward(
            (f, x) -> {
              Value out = f.relu(f.chain(x, "conv1", "bn1"));
              return shortcut(f, x, f.chain(out, "conv2", "bn2"));
            });
  }

  private static Module bottleneck(Plan plan, int in, int planes, int stride) {
    int width = planes * plan.groupWidth() / 64 * plan.groups();
    Module block =
        new Module("Bottleneck")
            .with("conv1", conv(in, width, 1))
            .with("bn1", batchNorm(width))
            .with("conv2", conv(width, width, 3).stride(stride).groups(plan.groups()))
            .with("bn2", batchNorm(width))
            .with("conv3", conv(width, planes * EXPANSION, 1))
            .with("bn3", batchNorm(planes * EXPANSION));
    return residual(block, in, planes * EXPANSION, stride)
        .forward(
            (f, x) -> {
              Value out = f.relu(f.chain(x, "conv1", "bn1"));
              out = f.relu(f.chain(out, "conv2", "bn2"));
              return shortcut(f, x, f.chain(out, "conv3", "bn3"));
            });
  }

  /** A projection where the shape changes, the identity elsewhere. */
  private static Module residual(Module block, int in, int out, int stride) {
    return stride == 1 && in == out
        ? block
        : block.with("downsample", sequential(conv(in, out, 1).stride(stride), batchNorm(out)));
  }

  private static Value shortcut(Forward f, Value x, Value branch) {
    return f.relu(f.add(branch, f.has("downsample") ? f.call("downsample", x) : x));
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().init(Init.KAIMING_FAN_OUT);
  }
}
