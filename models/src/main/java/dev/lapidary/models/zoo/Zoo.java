package dev.lapidary.models.zoo;

import dev.lapidary.models.failure.Failure;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All architectures by name, as torchvision names them. */
public final class Zoo {
  private static final List<Architecture> ALL =
      Stream.of(
              ResNet.all(),
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
              SwinTransformer.all())
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
    return ALL.stream()
        .filter(a -> a.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(name));
  }

  private static Failure unknown(String name) {
    String wanted = name.toLowerCase(Locale.ROOT).replace('-', '_');
    String near =
        ALL.stream()
            .map(Architecture::name)
            .sorted(Comparator.comparingInt(known -> editDistance(wanted, known)))
            .limit(3)
            .collect(Collectors.joining(", "));
    return Failure.badInput(
        "no architecture is named %s; near are %s (trainer archs lists all)", name, near);
  }

  /** Levenshtein's. */
  private static int editDistance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
