package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Names in weights that torchvision itself published and renames while loading: {@code
 * torchvision/models/densenet.py} and {@code vision_transformer.py}.
 */
final class OlderTorchvision {
  static final Dialect DENSENET =
      new Dialect(
          "torchvision's first DenseNet",
          Pattern.compile("denselayer\\d+\\.norm\\.1\\."),
          () ->
              List.of(
                  rule(
                      "(.*denselayer\\d+\\.(?:norm|conv))\\.([12]\\..*)",
                      m -> m.group(1) + m.group(2))));

  static final Dialect VISION_TRANSFORMER =
      new Dialect(
          "torchvision's first ViT",
          Pattern.compile("\\.mlp\\.linear_1\\."),
          () ->
              List.of(
                  rule("(.*\\.mlp)\\.linear_1\\.(.*)", m -> m.group(1) + ".0." + m.group(2)),
                  rule("(.*\\.mlp)\\.linear_2\\.(.*)", m -> m.group(1) + ".3." + m.group(2))));

  private OlderTorchvision() {}
}
