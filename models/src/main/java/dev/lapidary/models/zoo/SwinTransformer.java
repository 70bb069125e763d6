package dev.lapidary.models.zoo;

import static dev.lapidary.models.zoo.Layers.dropout;
import static dev.lapidary.models.zoo.Layers.gelu;
import static dev.lapidary.models.zoo.Layers.layerNorm;
import static dev.lapidary.models.zoo.Layers.linear;
import static dev.lapidary.models.zoo.Layers.linearWithoutBias;
import static dev.lapidary.models.zoo.Layers.permute;
import static dev.lapidary.models.zoo.Layers.sequential;
import static dev.lapidary.models.zoo.Layers.stochasticDepth;

import dev.lapidary.core.image.Preprocessing.Interpolation;
import java.util.ArrayList;
import java.util.List;

/**
 * Swin Transformer (Liu et al. 2021, arXiv 2103.14030), tiny: attention inside 7x7 windows that
 * every second block shifts by half; the size halves between stages. Activations are [N, H, W, C].
 */
final class SwinTransformer {
  private static final double EPS = 1e-5;
  private static final Init WEIGHT = Init.normal(0.02);
  private static final int WIDTH = 96;
  private static final int[] BLOCKS = {2, 2, 6, 2};
  private static final int[] HEADS = {3, 6, 12, 24};

  private SwinTransformer() {}

  static List<Architecture> all() {
    return List.of(
        Architecture.of(
            "swin_t",
            "swin_transformer",
            Published.imageNet(232, 224, Interpolation.BICUBIC),
            "head",
            List.of(
                Stage.of("stem", "features.0"),
                Stage.of("stage1", "features.1"),
                Stage.of("stage2", "features.2", "features.3"),
                Stage.of("stage3", "features.4", "features.5"),
                Stage.of("stage4", "features.6", "features.7"),
                Stage.of("head", "norm", "head")),
            SwinTransformer::network));
  }

  private static Module network(ZooOptions options) {
    double depth = options.stochasticDepth().orElse(0.2);
    List<Layer> features = new ArrayList<>();
    Conv patches = Conv.of(3, WIDTH, 4).stride(4).bias();
    features.add(sequential(patches, permute(0, 2, 3, 1), layerNorm(WIDTH, EPS)));
    int built = 0;
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      int channels = WIDTH << stage;
      if (stage > 0) {
        features.add(patchMerging(channels / 2));
      }
      Layer[] blocks = new Layer[BLOCKS[stage]];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = block(channels, HEADS[stage], i % 2 == 1, depth * built++ / 11, options);
      }
      features.add(sequential(blocks));
    }
    int last = WIDTH << 3;
    return new Module("SwinTransformer")
        .with("features", sequential(features.toArray(Layer[]::new)))
        .with("norm", layerNorm(last, EPS))
        .with("head", linear(last, options.classes(), WEIGHT, Init.ZEROS))
        .forward(
            (f, x) -> {
              Value channelsFirst = f.permute(f.chain(x, "features", "norm"), 0, 3, 1, 2);
              return f.call("head", f.flatten(f.averagePool(channelsFirst)));
            });
  }

  private static Module block(
      int channels, int heads, boolean shifted, double skipped, ZooOptions options) {
    double p = options.dropout().orElse(0);
    return new Module("SwinTransformerBlock")
        .with("norm1", layerNorm(channels, EPS))
        .with("attn", WindowAttention.of(channels, heads, shifted, p, WEIGHT))
        .with("stochastic_depth", stochasticDepth(skipped))
        .with("norm2", layerNorm(channels, EPS))
        .with(
            "mlp",
            sequential(
                linear(channels, 4 * channels, WEIGHT, Init.ZEROS),
                gelu(),
                dropout(p),
                linear(4 * channels, channels, WEIGHT, Init.ZEROS),
                dropout(p)))
        .forward(
            (f, x) -> {
              Value sum = f.add(x, f.chain(x, "norm1", "attn", "stochastic_depth"));
              return f.add(sum, f.chain(sum, "norm2", "mlp", "stochastic_depth"));
            });
  }

  /** The four pixels of each 2x2 square side by side, then 4C to 2C features. */
  private static Module patchMerging(int channels) {
    return new Module("PatchMerging")
        .with("reduction", linearWithoutBias(4 * channels, 2 * channels, WEIGHT))
        .with("norm", layerNorm(4 * channels, EPS))
        .forward(
            (f, x) -> {
              f.line("bottom = torch.remainder(torch.size(x, 1), 2)");
              f.line("right = torch.remainder(torch.size(x, 2), 2)");
              f.line("even = torch.pad(x, [0, 0, 0, right, 0, bottom])");
              f.line("upper = torch.slice(even, 1, 0, None, 2)");
              f.line("lower = torch.slice(even, 1, 1, None, 2)");
              f.line("a = torch.slice(upper, 2, 0, None, 2)");
              f.line("b = torch.slice(lower, 2, 0, None, 2)");
              f.line("c = torch.slice(upper, 2, 1, None, 2)");
              f.line("d = torch.slice(lower, 2, 1, None, 2)");
              long height = (x.size(1) + 1) / 2;
              long width = (x.size(2) + 1) / 2;
              Value squares =
                  f.let("squares", "torch.cat([a, b, c, d], -1)", 1, height, width, 4L * channels);
              return f.chain(squares, "norm", "reduction");
            });
  }
}
