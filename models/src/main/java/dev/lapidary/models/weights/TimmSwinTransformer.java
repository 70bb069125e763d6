package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.number;
import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Swin by its authors ({@code microsoft/Swin-Transformer}) and by timm ({@code
 * timm/models/swin_transformer.py}); stage s is {@code features.(2s+1)}. Its authors, and timm
 * before 0.9, end a stage with the downsampling that timm begins the next one with. The index of
 * relative positions is of another shape, or not in the file; the network has it anyway.
 */
final class TimmSwinTransformer {
  static final Dialect DIALECT = dialect("timm's Swin", "^layers\\.3\\.downsample\\.", 0);

  /** The names of microsoft/Swin-Transformer. */
  static final Dialect FIRST = dialect("the first Swin", "^layers\\.0\\.downsample\\.", 2);

  private TimmSwinTransformer() {}

  /**
   * @param after how many places behind its stage's own the downsampling goes
   */
  private static Dialect dialect(String name, String marker, int after) {
    return new Dialect(name, Pattern.compile(marker), () -> rules(after));
  }

  private static List<Dialect.Rule> rules(int after) {
    return List.of(
        rule("patch_embed\\.proj\\.(.*)", m -> "features.0.0." + m.group(1)),
        rule("patch_embed\\.norm\\.(.*)", m -> "features.0.2." + m.group(1)),
        rule(
            "layers\\.(\\d)\\.downsample\\.(.*)",
            m -> "features." + (2 * number(m, 1) + after) + "." + m.group(2)),
        block("mlp\\.fc1\\.(.*)", "mlp.0."),
        block("mlp\\.fc2\\.(.*)", "mlp.3."),
        block("((?:attn|norm1|norm2)\\.(?!relative_position_index).*)", ""),
        rule("head\\.fc\\.(.*)", m -> "head." + m.group(1)));
  }

  private static Dialect.Rule block(String from, String to) {
    return rule(
        "layers\\.(\\d)\\.blocks\\.(\\d+)\\." + from,
        m -> "features." + (2 * number(m, 1) + 1) + "." + m.group(2) + "." + to + m.group(3));
  }
}
