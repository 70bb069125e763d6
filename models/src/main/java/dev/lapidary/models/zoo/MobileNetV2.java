package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.convBn;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.relu6;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/** MobileNet V2 (Sandler et al. 2018, arXiv 1801.04381): inverted residuals, linear bottlenecks. */
final class MobileNetV2 {
  /** Table 2: expansion, channels, repeats, stride of the first. */
  private static final int[][] TABLE = {
    {1, 16, 1, 1},
    {6, 24, 2, 2},
    {6, 32, 3, 2},
    {6, 64, 4, 2},
    {6, 96, 3, 1},
    {6, 160, 3, 2},
    {6, 320, 1, 1}
  };

  private MobileNetV2() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "mobilenet_v2",
            "mobilenet_v2",
            Preprocessing.imageNet(256, 224),
            "classifier.1",
            stages(),
            MobileNetV2::network));
  }

  private static List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.of("stem", "features.0"));
    int next = 1;
    for (int[] row : TABLE) {
      List<String> modules = new ArrayList<>();
      for (int i = 0; i < row[2]; i++) {
        modules.add("features." + next++);
      }
      stages.add(new Stage("stage" + stages.size(), modules));
    }
    stages.add(Stage.of("last", "features." + next));
    stages.add(Stage.of("head", "classifier"));
    return stages;
  }

  private static Module network(ZooOptions options) {
    List<Layer> features = new ArrayList<>();
    features.add(convBn(conv(3, 32, 3).stride(2), relu6()));
    int in = 32;
    for (int[] row : TABLE) {
      for (int i = 0; i < row[2]; i++) {
        features.add(invertedResidual(in, row[1], i == 0 ? row[3] : 1, row[0]));
        in = row[1];
      }
    }
    features.add(convBn(conv(in, 1280, 1), relu6()));
    return new Module("MobileNetV2")
        .with("features", sequential(features))
        .with(
            "classifier",
            sequential(
                dropout(options.dropout().orElse(0.2)),
                linear(1280, options.classes(), Init.normal(0.01), Init.ZEROS)))
        .forward((f, x) -> f.call("classifier", f.flatten(f.averagePool(f.call("features", x)))));
  }

  private static Module invertedResidual(int in, int out, int stride, int expansion) {
    int inner = in * expansion;
    List<Layer> layers = new ArrayList<>();
    if (expansion != 1) {
      layers.add(convBn(conv(in, inner, 1), relu6()));
    }
    layers.add(convBn(conv(inner, inner, 3).stride(stride).depthwise(), relu6()));
    layers.add(conv(inner, out, 1));
    layers.add(batchNorm(out));
    return new Module("InvertedResidual")
        .with("conv", sequential(layers))
        .forward(
            (f, x) -> {
              Value branch = f.call("conv", x);
              return stride == 1 && in == out ? f.add(x, branch) : branch;
            });
  }

  private static Conv conv(int in, int out, int kernel) {
    return Conv.of(in, out, kernel).same().init(Init.KAIMING_FAN_OUT);
  }
}
