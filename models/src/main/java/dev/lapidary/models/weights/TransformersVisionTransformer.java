package dev.lapidary.models.weights;

import static dev.lapidary.models.weights.Dialect.rule;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * transformers' ViT ({@code transformers/models/vit/modeling_vit.py}). It has query, key and value
 * apart, which are put one below the other, and an epsilon of 1e-12 where torchvision's norms have
 * 1e-6.
 */
final class TransformersVisionTransformer {
  private static final String ROOT = "(?:vit\\.)?";

  static final Dialect DIALECT =
      new Dialect(
          "transformers' ViT",
          Pattern.compile("^" + ROOT + "encoder\\.layer\\.\\d+\\.attention\\.attention\\.query\\."),
          () ->
              List.of(
                  rule(ROOT + "embeddings\\.cls_token", m -> "class_token"),
                  rule(ROOT + "embeddings\\.position_embeddings", m -> "encoder.pos_embedding"),
                  rule(
                      ROOT + "embeddings\\.patch_embeddings\\.projection\\.(.*)",
                      m -> "conv_proj." + m.group(1)),
                  block("layernorm_before\\.(.*)", "ln_1."),
                  block("attention\\.attention\\.qkv\\.(.*)", "self_attention.in_proj_"),
                  block("attention\\.output\\.dense\\.(.*)", "self_attention.out_proj."),
                  block("layernorm_after\\.(.*)", "ln_2."),
                  block("intermediate\\.dense\\.(.*)", "mlp.0."),
                  block("output\\.dense\\.(.*)", "mlp.3."),
                  rule(ROOT + "layernorm\\.(.*)", m -> "encoder.ln." + m.group(1)),
                  rule("classifier\\.(.*)", m -> "heads.head." + m.group(1))),
          Optional.of(new Dialect.Parts(List.of("query", "key", "value"), "qkv")));

  private TransformersVisionTransformer() {}

  private static Dialect.Rule block(String from, String to) {
    return rule(
        ROOT + "encoder\\.layer\\.(\\d+)\\." + from,
        m -> "encoder.layers.encoder_layer_" + m.group(1) + "." + to + m.group(2));
  }
}
