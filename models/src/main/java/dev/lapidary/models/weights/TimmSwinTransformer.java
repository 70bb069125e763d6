package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.Pattern;

/**
 * timm's Swin ({@code timm/models/swin_transformer.py}), whose stages begin with the downsampling;
 * stage s is {@code features.(2s+1)}. The index of relative positions is not in a file, the network
 * has it anyway.
 */
final class TimmSwinTransformer {
  static final Dialect DIALECT =
      new Dialect(
          "timm's Swin",
          Pattern.compile("^layers\\.3\\.downsample\\."),
          List.of(
              rule("patch_embed\\.proj\\.(.*)", m -> "features.0.0." + m.group(1)),
              rule("patch_embed\\.norm\\.(.*)", m -> "features.0.2." + m.group(1)),
              rule(
                  "layers\\.(\\d)\\.downsample\\.(.*)",
                  m -> "features." + 2 * number(m, 1) + "." + m.group(2)),
              block("mlp\\.fc1\\.(.*)", "mlp.0."),
              block("mlp\\.fc2\\.(.*)", "mlp.3."),
              block("((?:attn|norm1|norm2)\\..*)", ""),
              rule("head\\.fc\\.(.*)", m -> "head." + m.group(1))));

  private TimmSwinTransformer() {}

  private static Dialect.Rule block(String from, String to) {
    return rule(
        "layers\\.(\\d)\\.blocks\\.(\\d+)\\." + from,
        m -> "features." + (2 * number(m, 1) + 1) + "." + m.group(2) + "." + to + m.group(3));
  }
}
