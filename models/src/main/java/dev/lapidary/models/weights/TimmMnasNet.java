package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * timm's MNASNet-B1 ({@code mnasnet_050} to {@code mnasnet_100} in {@code
 * timm/models/efficientnet.py}; the {@code semnasnet_} ones are A1, another network). torchvision
 * has stem and stacks in one row, with the activations between: stack s is {@code layers.(7+s)}.
 */
final class TimmMnasNet {
  static final Dialect DIALECT =
      new Dialect(
          "timm's MNASNet",
          Pattern.compile("^blocks\\.1\\.2\\.conv_pwl\\."),
          () ->
              List.of(
                  rule("conv_stem\\.(.*)", m -> "layers.0." + m.group(1)),
                  rule("bn1\\.(.*)", m -> "layers.1." + m.group(1)),
                  rule("blocks\\.0\\.0\\.conv_dw\\.(.*)", m -> "layers.3." + m.group(1)),
                  rule("blocks\\.0\\.0\\.bn1\\.(.*)", m -> "layers.4." + m.group(1)),
                  rule("blocks\\.0\\.0\\.conv_pw\\.(.*)", m -> "layers.6." + m.group(1)),
                  rule("blocks\\.0\\.0\\.bn2\\.(.*)", m -> "layers.7." + m.group(1)),
                  block("conv_pw\\.(.*)", 0),
                  block("bn1\\.(.*)", 1),
                  block("conv_dw\\.(.*)", 3),
                  block("bn2\\.(.*)", 4),
                  block("conv_pwl\\.(.*)", 6),
                  block("bn3\\.(.*)", 7),
                  rule("conv_head\\.(.*)", m -> "layers.14." + m.group(1)),
                  rule("bn2\\.(.*)", m -> "layers.15." + m.group(1)),
                  rule("classifier\\.(.*)", m -> "classifier.1." + m.group(1))));

  private TimmMnasNet() {}

  private static Dialect.Rule block(String from, int to) {
    return rule(
        "blocks\\.([1-6])\\.(\\d+)\\." + from, m -> at(m) + ".layers." + to + "." + m.group(3));
  }

  private static String at(MatchResult m) {
    return "layers." + (7 + number(m, 1)) + "." + m.group(2);
  }
}
