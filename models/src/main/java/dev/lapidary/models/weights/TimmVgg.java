package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.Pattern;

/**
 * timm's VGG ({@code timm/models/vgg.py}): the first two fully connected layers are convolutions
 * [4096, 512, 7, 7] and [4096, 4096, 1, 1] there, whose numbers lie as the linear layers' do. Equal
 * for images of 224 pixels; for others, torchvision pools before these layers and timm after them.
 */
final class TimmVgg {
  static final Dialect DIALECT =
      new Dialect(
          "timm's VGG",
          Pattern.compile("^pre_logits\\.fc1\\."),
          () ->
              List.of(
                  rule("pre_logits\\.fc1\\.(.*)", m -> "classifier.0." + m.group(1)),
                  rule("pre_logits\\.fc2\\.(.*)", m -> "classifier.3." + m.group(1)),
                  rule("head\\.fc\\.(.*)", m -> "classifier.6." + m.group(1))));

  private TimmVgg() {}
}
