package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.adaptiveAveragePool;
import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.maxPool;
import static dev.lapidary.models.zoo.Layers.relu;
import static dev.lapidary.models.zoo.Layers.sequential;

import dev.lapidary.core.image.Preprocessing;
import java.util.List;

/** AlexNet, in the one-column form of Krizhevsky 2014, arXiv 1404.5997. */
final class AlexNet {
  private AlexNet() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "alexnet",
            "alexnet",
            Preprocessing.imageNet(256, 224),
            "classifier.6",
            List.of(
                Stage.of("stem", "features.0"),
                Stage.of("features", "features.3", "features.6", "features.8", "features.10"),
                Stage.of("classifier", "classifier.1", "classifier.4"),
                Stage.of("head", "classifier.6")),
            AlexNet::network));
  }

  private static Module network(ZooOptions options) {
    double p = options.dropout().orElse(0.5);
    return new Module("AlexNet")
        .with(
            "features",
            sequential(
                Conv.of(3, 64, 11).stride(4).pad(2).bias(),
                relu(),
                maxPool(3, 2, 0, false),
                Conv.of(64, 192, 5).same().bias(),
                relu(),
                maxPool(3, 2, 0, false),
                Conv.of(192, 384, 3).same().bias(),
                relu(),
                Conv.of(384, 256, 3).same().bias(),
                relu(),
                Conv.of(256, 256, 3).same().bias(),
                relu(),
                maxPool(3, 2, 0, false)))
        .with("avgpool", adaptiveAveragePool(6, 6))
        .with(
            "classifier",
            sequential(
                dropout(p),
                linear(256 * 6 * 6, 4096),
                relu(),
                dropout(p),
                linear(4096, 4096),
                relu(),
                linear(4096, options.classes())))
        .forward((f, x) -> f.call("classifier", f.flatten(f.chain(x, "features", "avgpool"))));
  }
}
