package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** MNASNet-B1 (Tan et al. 2018, arXiv 1807.11626), figure 7. */
final class MnasNet {
  /** The paper's TensorFlow momentum 0.9997, as PyTorch counts it. */
  private static final double MOMENTUM = 1 - 0.9997;

  private static final int[] CHANNELS = {32, 16, 24, 40, 80, 96, 192, 320};

  /** Kernel, stride of the first, expansion, repeats. */
  private static final int[][] STACKS = {
    {3, 2, 3, 3}, {5, 2, 3, 3}, {5, 2, 6, 3}, {3, 1, 6, 2}, {5, 2, 6, 4}, {3, 1, 6, 1}
  };

  private MnasNet() {}

  static List<Architecture> all() {
    return List.of(
        architecture("mnasnet0_5", 256, 0.5),
        architecture("mnasnet0_75", 232, 0.75),
        architecture("mnasnet1_0", 256, 1.0),
        architecture("mnasnet1_3", 232, 1.3));
  }

  private static Architecture architecture(String name, int resize, double width) {
    List<Stage> stages = new ArrayList<>();
    stages.add(stage("stem", 0, 1, 3, 4, 6, 7));
    for (int i = 1; i <= STACKS.length; i++) {
      stages.add(stage("stack" + i, 7 + i));
    }
    stages.add(stage("last", 14, 15));
    stages.add(Stage.of("head", "classifier"));
    return Architecture.of(
        name,
        "mnasnet",
        Preprocessing.imageNet(resize, 224),
        "classifier.1",
        stages,
        options -> network(width, options));
  }

  private static Stage stage(String name, int... layers) {
    return new Stage(name, Arrays.stream(layers).mapToObj(i -> "layers." + i).toList());
  }

  private static Module network(double width, ZooOptions options) {
    int[] channels =
        Arrays.stream(CHANNELS).map(c -> DivisibleChannels.divisible(c * width, 8)).toArray();
    List<Layer> layers = new ArrayList<>();
    layers.addAll(convBn(Conv.of(3, channels[0], 3).stride(2), true));
    layers.addAll(convBn(Conv.of(channels[0], channels[0], 3).depthwise(), true));
    layers.addAll(convBn(Conv.of(channels[0], channels[1], 1), false));
    for (int i = 0; i < STACKS.length; i++) {
      layers.add(stack(channels[i + 1], channels[i + 2], STACKS[i]));
    }
    layers.addAll(convBn(Conv.of(channels[7], 1280, 1), true));
    Init weight = Init.uniform(Math.sqrt(3.0 / options.classes()));
    return new Module("MNASNet")
        .with("layers", sequential(layers))
        .with(
            "classifier",
            sequential(
                dropout(options.dropout().orElse(0.2)),
                linear(1280, options.classes(), weight, Init.ZEROS)))
        .forward((f, x) -> f.call("classifier", f.meanOverPixels(f.call("layers", x))));
  }

  private static Module stack(int in, int out, int... row) {
    Layer[] blocks = new Layer[row[3]];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = invertedResidual(i == 0 ? in : out, out, row[0], i == 0 ? row[1] : 1, row[2]);
    }
    return sequential(blocks);
  }

  private static Module invertedResidual(int in, int out, int kernel, int stride, int expansion) {
    int inner = in * expansion;
    List<Layer> layers = new ArrayList<>();
    layers.addAll(convBn(Conv.of(in, inner, 1), true));
    layers.addAll(convBn(Conv.of(inner, inner, kernel).stride(stride).depthwise(), true));
    layers.addAll(convBn(Conv.of(inner, out, 1), false));
    return new Module("InvertedResidual")
        .with("layers", sequential(layers))
        .forward(
            (f, x) -> {
              Value branch = f.call("layers", x);
              return stride == 1 && in == out ? f.add(branch, x) : branch;
            });
  }

  private static List<Layer> convBn(Conv conv, boolean active) {
    Module norm = Layers.batchNorm(conv.out(), 1e-5, MOMENTUM);
    Conv same = conv.same().init(Init.KAIMING_FAN_OUT);
    return active ? List.of(same, norm, relu()) : List.of(same, norm);
  }
}
