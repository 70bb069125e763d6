package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** timm's ConvNeXt ({@code timm/models/convnext.py}): stage s is {@code features.(2s+1)}. */
final class TimmConvNeXt {
  static final Dialect DIALECT =
      new Dialect(
          "timm's ConvNeXt",
          Pattern.compile("^stages\\.\\d+\\.blocks\\.\\d+\\.conv_dw\\."),
          () ->
              List.of(
                  rule("stem\\.([01])\\.(.*)", m -> "features.0." + m.group(1) + "." + m.group(2)),
                  rule(
                      "stages\\.(\\d+)\\.downsample\\.([01])\\.(.*)",
                      m -> "features." + 2 * number(m, 1) + "." + m.group(2) + "." + m.group(3)),
                  block("gamma()", "layer_scale"),
                  block("conv_dw\\.(.*)", "block.0."),
                  block("norm\\.(.*)", "block.2."),
                  block("mlp\\.fc1\\.(.*)", "block.3."),
                  block("mlp\\.fc2\\.(.*)", "block.5."),
                  rule("head\\.norm\\.(.*)", m -> "classifier.0." + m.group(1)),
                  rule("head\\.fc\\.(.*)", m -> "classifier.2." + m.group(1))));

  private TimmConvNeXt() {}

  private static Dialect.Rule block(String from, String to) {
    return rule("stages\\.(\\d+)\\.blocks\\.(\\d+)\\." + from, m -> at(m) + to + m.group(3));
  }

  private static String at(MatchResult m) {
    return "features." + (2 * number(m, 1) + 1) + "." + m.group(2) + ".";
  }
}
