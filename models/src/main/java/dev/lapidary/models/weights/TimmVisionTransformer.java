package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.regex.Pattern;

/**
 * timm's ViT with a class token and no pre-norm ({@code timm/models/vision_transformer.py}); query,
 * key and value lie in one matrix in both, in the same order.
 */
final class TimmVisionTransformer {
  static final Dialect DIALECT =
      new Dialect(
          "timm's ViT",
          Pattern.compile("^blocks\\.\\d+\\.attn\\.qkv\\."),
          () ->
              List.of(
                  rule("cls_token", m -> "class_token"),
                  rule("pos_embed", m -> "encoder.pos_embedding"),
                  rule("patch_embed\\.proj\\.(.*)", m -> "conv_proj." + m.group(1)),
                  block("norm1\\.(.*)", "ln_1."),
                  block("attn\\.qkv\\.(.*)", "self_attention.in_proj_"),
                  block("attn\\.proj\\.(.*)", "self_attention.out_proj."),
                  block("norm2\\.(.*)", "ln_2."),
                  block("mlp\\.fc1\\.(.*)", "mlp.0."),
                  block("mlp\\.fc2\\.(.*)", "mlp.3."),
                  rule("norm\\.(.*)", m -> "encoder.ln." + m.group(1)),
                  rule("head\\.(.*)", m -> "heads.head." + m.group(1))));

  private TimmVisionTransformer() {}

  private static Dialect.Rule block(String from, String to) {
    return rule(
        "blocks\\.(\\d+)\\." + from,
        m -> "encoder.layers.encoder_layer_" + m.group(1) + "." + to + m.group(2));
  }
}
