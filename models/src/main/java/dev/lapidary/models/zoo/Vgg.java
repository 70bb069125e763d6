package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.adaptiveAveragePool;
import static dev.lapidary.models.zoo.Layers.batchNorm;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG (Simonyan and Zisserman 2014, arXiv 1409.1556): configurations A, B, D and E, each also with
 * batch normalization. Five blocks of 3x3 convolutions, three fully connected layers.
 */
final class Vgg {
  private static final int[] CHANNELS = {64, 128, 256, 512, 512};

  private Vgg() {}

  static List<Architecture> all() {
    List<Architecture> all = new ArrayList<>();
    add(all, "vgg11", 1, 1, 2, 2, 2);
    add(all, "vgg13", 2, 2, 2, 2, 2);
    add(all, "vgg16", 2, 2, 3, 3, 3);
    add(all, "vgg19", 2, 2, 4, 4, 4);
    return all;
  }

  private static void add(List<Architecture> all, String name, int... convolutions) {
    all.add(architecture(name, false, convolutions));
    all.add(architecture(name + "_bn", true, convolutions));
  }

  private static Architecture architecture(String name, boolean norm, int... convolutions) {
    return Architecture.of(
        name,
        "vgg",
        Preprocessing.imageNet(256, 224),
        "classifier.6",
        stages(norm, convolutions),
        options -> network(norm, options, convolutions));
  }

  private static List<Stage> stages(boolean norm, int... convolutions) {
    List<Stage> stages = new ArrayList<>();
    int next = 0;
    for (int block = 0; block < convolutions.length; block++) {
      List<String> modules = new ArrayList<>();
      for (int i = 0; i < convolutions[block]; i++) {
        modules.add("features." + next++);
        if (norm) {
          modules.add("features." + next++);
        }
        next++;
      }
      next++;
      stages.add(new Stage("block" + (block + 1), modules));
    }
    stages.add(Stage.of("classifier", "classifier.0", "classifier.3"));
    stages.add(Stage.of("head", "classifier.6"));
    return stages;
  }

  private static Module network(boolean norm, ZooOptions options, int... convolutions) {
    double p = options.dropout().orElse(0.5);
    return new Module("VGG")
        .with("features", features(norm, convolutions))
        .with("avgpool", adaptiveAveragePool(7, 7))
        .with(
            "classifier",
            sequential(
                dense(512 * 7 * 7, 4096),
                relu(),
                dropout(p),
                dense(4096, 4096),
                relu(),
                dropout(p),
                dense(4096, options.classes())))
        .forward((f, x) -> f.call("classifier", f.flatten(f.chain(x, "features", "avgpool"))));
  }

  private static Module features(boolean norm, int... convolutions) {
    List<Layer> layers = new ArrayList<>();
    int in = 3;
    for (int block = 0; block < convolutions.length; block++) {
      for (int i = 0; i < convolutions[block]; i++) {
        layers.add(Conv.of(in, CHANNELS[block], 3).same().bias().init(Init.KAIMING_FAN_OUT));
        if (norm) {
          layers.add(batchNorm(CHANNELS[block]));
        }
        layers.add(relu());
        in = CHANNELS[block];
      }
      layers.add(maxPool(2, 2, 0, false));
    }
    return sequential(layers);
  }

  private static Module dense(int in, int out) {
    return linear(in, out, Init.normal(0.01), Init.ZEROS);
  }
}
