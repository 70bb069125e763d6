package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linearWithoutBias;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.models.zoo.SwinTransformer.Plan;
import java.util.List;

/**
 * Swin Transformer V2 (Liu et al. 2021, arXiv 2111.09883): {@link SwinTransformer}'s frame with 8x8
 * windows, attention by cosines, and the norm after each branch.
 */
final class SwinTransformerV2 {
  private static final Windows PLAIN = new Windows(8, false);
  private static final Windows SHIFTED = new Windows(8, true);

  private SwinTransformerV2() {}

  static List<Architecture> all() {
    return List.of(
        architecture("swin_v2_t", new Plan(96, 6, 3, 0.2), 260),
        architecture("swin_v2_s", new Plan(96, 18, 3, 0.3), 260),
        architecture("swin_v2_b", new Plan(128, 18, 4, 0.5), 272));
  }

  private static Architecture architecture(String name, Plan plan, int resize) {
    return SwinTransformer.architecture(
        name,
        "swin_transformer_v2",
        resize,
        256,
        plan,
        new SwinTransformer.Parts(SwinTransformerV2::block, SwinTransformerV2::patchMerging));
  }

  private static Module block(
      int channels, int heads, boolean shifted, double skipped, ZooOptions options) {
    double p = options.dropout().orElse(0.0);
    Windows windows = shifted ? SHIFTED : PLAIN;
    return new Module("SwinTransformerBlockV2")
        .with("norm1", layerNorm(channels, SwinTransformer.EPS))
        .with("attn", CosineWindowAttention.of(channels, heads, windows, p, SwinTransformer.WEIGHT))
        .with("stochastic_depth", stochasticDepth(skipped))
        .with("norm2", layerNorm(channels, SwinTransformer.EPS))
        .with("mlp", SwinTransformer.mlp(channels, p))
        .forward(
            (f, x) -> {
              Value sum = f.add(x, f.chain(x, "attn", "norm1", "stochastic_depth"));
              return f.add(sum, f.chain(sum, "mlp", "norm2", "stochastic_depth"));
            });
  }

  private static Module patchMerging(int channels) {
    return new Module("PatchMergingV2")
        .with("reduction", linearWithoutBias(4 * channels, 2 * channels, SwinTransformer.WEIGHT))
        .with("norm", layerNorm(2 * channels, SwinTransformer.EPS))
        .forward((f, x) -> f.chain(SwinTransformer.squares(f, x, channels), "reduction", "norm"));
  }
}
