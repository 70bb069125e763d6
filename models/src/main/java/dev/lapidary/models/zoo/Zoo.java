package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.core.failure.Quote;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All architectures by name, as torchvision names them. */
public final class Zoo {
  private static final List<Architecture> ALL =
      Stream.of(
              ResNet.all(),
              ResNet9.all(),
              Vgg.all(),
              AlexNet.all(),
              DenseNet.all(),
              MobileNetV2.all(),
              MobileNetV3.all(),
              EfficientNet.all(),
              ConvNeXt.all(),
              ShuffleNetV2.all(),
              SqueezeNet.all(),
              MnasNet.all(),
              RegNet.all(),
              GoogLeNet.all(),
              InceptionV3.all(),
              VisionTransformer.all(),
              SwinTransformer.all(),
              SwinTransformerV2.all(),
              MaxVit.all())
          .flatMap(List::stream)
          .toList();

  private Zoo() {}

  /** Family by family, small to large. */
  public static List<Architecture> all() {
    return ALL;
  }

  /**
   * @throws Failure (exit 2) naming the nearest names
   */
  public static Architecture find(String name) {
    return lookup(name).orElseThrow(() -> unknown(name));
  }

  /** Empty if no architecture has the name, as for a third party's network. */
  public static Optional<Architecture> lookup(String name) {
    return ALL.stream().filter(a -> a.name().equals(name)).findFirst();
  }

  private static Failure unknown(String name) {
    List<String> names = ALL.stream().map(Architecture::name).toList();
    return Failure.badInput(
        "no architecture is named %s%s (trainer archs lists all)",
        Quote.of(name), NearNames.hint(name, names));
  }
}
